package import Digest
package import Sodium

/// A signing key that knows what it may do. A reference, so that the key itself stays in one place.
package final class JournalKey: Sendable {
    package let role: KeyRole
    package let id: KeyID
    package let key: Ed25519.SigningKey

    package init(_ key: consuming Ed25519.SigningKey, role: KeyRole) {
        id = KeyID(key.publicKey, role: role)
        self.role = role
        self.key = key
    }

    package var publicKey: Ed25519.PublicKey { key.publicKey }
}

/// An event, signed by its author: the bytes that a record takes in unchanged.
package struct SignedEvent: Sendable, Equatable {
    package let bytes: [UInt8]

    /// Bytes that came from elsewhere; a verifier judges them as part of their record.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(
        id: EventID, log: EventID, type: EventType, ts: Timestamp, data: JSONObject, signedBy author: JournalKey
    ) {
        var bytes = Array(
            #"{"id":"\#(id)","log":"\#(log)","type":"\#(type)","schema":1,"author":"\#(author.id)","ts":"\#(ts)","data":"#
                .utf8)
        JSONValue.object(data).write(to: &bytes)
        appendSignature("devjournal/event/v1\n", to: &bytes, author.key)
        self.bytes = bytes
    }
}

/// Where the next record stands.
package struct RecordPlace: Sendable {
    package let log: EventID
    package let epoch: Int
    package let seq: Int
    package let prev: SHA256Digest
    package let ts: Timestamp

    package init(log: EventID, epoch: Int, seq: Int, prev: SHA256Digest, ts: Timestamp) {
        self.log = log
        self.epoch = epoch
        self.seq = seq
        self.prev = prev
        self.ts = ts
    }
}

extension SignedEvent {
    /// The whole line with its LF.
    package func line(at place: RecordPlace, signedBy sequencer: JournalKey) -> [UInt8] {
        var line = Array(
            #"{"v":1,"log":"\#(place.log)","epoch":\#(place.epoch),"seq":\#(place.seq),"prev":"\#(place.prev.hex)","#
                .utf8)
        line += #""ts":"\#(place.ts)","kid":"\#(sequencer.id)","event":"#.utf8
        line += bytes
        appendSignature("devjournal/record/v1\n", to: &line, sequencer.key)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}

/// Signs what is there so far and closes the object.
private func appendSignature(
    _ domain: StaticString, to bytes: inout [UInt8], _ key: borrowing Ed25519.SigningKey
) {
    var message: [UInt8] = []
    SigningDomain.write(domain, bytes.span, to: &message)
    let signature = key.sign(message.span)
    bytes += #","sig":"\#(Base64.encode(signature))"}"#.utf8
}
