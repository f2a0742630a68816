package import Digest

/// An event as a reader uses it.
package struct Event: Sendable, Equatable {
    package let id: EventID
    package let type: String
    package let schema: Int
    package let author: KeyID
    package let ts: Timestamp
    package let data: JSONObject

    package init(id: EventID, type: String, schema: Int, author: KeyID, ts: Timestamp, data: JSONObject) {
        self.id = id
        self.type = type
        self.schema = schema
        self.author = author
        self.ts = ts
        self.data = data
    }
}

/// A record as a reader uses it: its place, its event and the hash of its line.
package struct Record: Sendable, Equatable {
    package let seq: Int
    package let epoch: Int
    package let ts: Timestamp
    package let kid: KeyID
    package let event: Event
    /// SHA-256 of the line with its LF: the next record's `prev`.
    package let hash: SHA256Digest

    package init(seq: Int, epoch: Int, ts: Timestamp, kid: KeyID, event: Event, hash: SHA256Digest) {
        self.seq = seq
        self.epoch = epoch
        self.ts = ts
        self.kid = kid
        self.event = event
        self.hash = hash
    }
}

extension EventLayout {
    /// The event's values, copied out of the bytes it was read from.
    package func event(in bytes: Span<UInt8>) throws(FormatError) -> Event {
        guard case .object(let members) = try JSONValue(parsing: bytes.extracting(data)) else {
            throw FormatError(.envelope)
        }
        return Event(
            id: id, type: String(copying: bytes.extracting(type)), schema: schema, author: author, ts: ts,
            data: members)
    }
}
