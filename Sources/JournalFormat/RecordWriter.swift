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
        self = UnsignedEvent(id: id, log: log, type: type, ts: ts, data: data, author: author).signed()
    }
}

/// An event that lacks its signature only.
package struct UnsignedEvent: Sendable {
    private let bytes: [UInt8]
    private let author: JournalKey

    package init(
        id: EventID, log: EventID, type: EventType, ts: Timestamp, data: JSONObject, author: JournalKey
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes.append("{\"id\":\"")
        id.write(to: &bytes)
        bytes.append("\",\"log\":\"")
        log.write(to: &bytes)
        bytes.append("\",\"type\":\"")
        bytes += type.description.utf8
        bytes.append("\",\"schema\":1,\"author\":\"")
        author.id.write(to: &bytes)
        bytes.append("\",\"ts\":\"")
        ts.write(to: &bytes)
        bytes.append("\",\"data\":")
        JSONValue.object(data).write(to: &bytes)
        self.bytes = bytes
        self.author = author
    }

    package func signed() -> SignedEvent {
        var bytes = bytes
        appendSignature("devjournal/event/v1\n", to: &bytes, author.key)
        return SignedEvent(bytes: bytes)
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
        var line: [UInt8] = []
        line.reserveCapacity(bytes.count + 512)
        place.open(&line, sequencer)
        line += bytes
        appendSignature("devjournal/record/v1\n", to: &line, sequencer.key)
        line.append(UInt8(ascii: "\n"))
        return line
    }
}

extension RecordPlace {
    /// Bytes of a line around its event.
    package func envelopeLength(signedBy sequencer: JournalKey) -> Int {
        var line: [UInt8] = []
        open(&line, sequencer)
        return line.count + signatureLength + 1
    }

    /// All of the line that comes before the event.
    fileprivate func open(_ line: inout [UInt8], _ sequencer: JournalKey) {
        line.append("{\"v\":1,\"log\":\"")
        log.write(to: &line)
        line.append("\",\"epoch\":")
        line += String(epoch).utf8
        line.append(",\"seq\":")
        line += String(seq).utf8
        line.append(",\"prev\":\"")
        prev.writeHexDigits(to: &line)
        line.append("\",\"ts\":\"")
        ts.write(to: &line)
        line.append("\",\"kid\":\"")
        sequencer.id.write(to: &line)
        line.append("\",\"event\":")
    }
}

/// Bytes that `appendSignature` adds: 88 of Base64, and the member around them.
private let signatureLength = 98

/// Signs what is there so far and closes the object.
private func appendSignature(
    _ domain: StaticString, to bytes: inout [UInt8], _ key: borrowing Ed25519.SigningKey
) {
    var message: [UInt8] = []
    SigningDomain.write(domain, bytes.span, to: &message)
    let signature = key.sign(message.span)
    bytes.append(",\"sig\":\"")
    Base64.write(signature, to: &bytes)
    bytes.append("\"}")
}

extension [UInt8] {
    /// Without a `String` in between: a batch writes many.
    fileprivate mutating func append(_ text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension SHA256Digest {
    fileprivate func writeHexDigits(to output: inout [UInt8]) {
        for byte in bytes { HexWord.write(UInt64(byte), digits: 2, to: &output) }
    }
}
