package import Digest
internal import Sodium

/// Where the parts of a record stand in its line, read without copying anything.
///
/// The members' order is fixed and both signatures come last with a fixed length, so what a signature covers is a
/// prefix of the stored bytes (journal-format.md, "The line").
package struct RecordLayout: Sendable {
    package static let maximumLineLength = 65_535

    package var log: EventID
    package var epoch: Int
    package var seq: Int
    package var prev: SHA256Digest
    package var ts: Timestamp
    package var kid: KeyID
    /// 88 characters of canonical base64.
    package var signature: Range<Int>
    /// What the record's signature covers: from the start of the line.
    package var signedEnd: Int

    package var event: EventLayout

    /// Parses one line with its LF.
    package init(_ line: Span<UInt8>) throws(FormatError) {
        guard line.count <= Self.maximumLineLength else { throw FormatError(.lineTooLong) }
        try Self.refuseWhatIsNoLine(line)
        let content = line.extracting(droppingLast: 1)
        guard content.isUTF8 else { throw FormatError(.utf8) }
        do {
            self = try Self.read(content)
        } catch {
            // Reading is fast because it asks for one shape only; what is wrong is found by a second, slower look.
            try EnvelopeDiagnosis.explain(content)
            throw error
        }
    }

    private static func refuseWhatIsNoLine(_ line: Span<UInt8>) throws(FormatError) {
        let end = line.count - 1
        guard end >= 0, line[end] == UInt8(ascii: "\n") else { throw FormatError(.syntax) }
        if end == 0 { throw FormatError(.blankLine) }
        if line[end - 1] == UInt8(ascii: "\r") { throw FormatError(.crlf) }
        if end >= 3, line[0] == 0xef, line[1] == 0xbb, line[2] == 0xbf { throw FormatError(.bom) }
    }

    private static func read(_ line: Span<UInt8>) throws(FormatError) -> RecordLayout {
        var scanner = JSONScanner()
        try scanner.literal("{\"v\":1,\"log\":\"", in: line)
        let logText = scanner.position..<scanner.position + EventID.length
        let log = try scanner.field(EventID.length, in: line) { EventID($0) }
        try scanner.literal("\",\"epoch\":", in: line)
        let epoch = try scanner.counter(in: line)
        try scanner.literal(",\"seq\":", in: line)
        let seq = try scanner.counter(in: line)
        try scanner.literal(",\"prev\":\"", in: line)
        let prev = try scanner.field(2 * SHA256.size, in: line) { SHA256Digest(hexDigits: $0) }
        try scanner.literal("\",\"ts\":\"", in: line)
        let ts = try scanner.field(Timestamp.length, in: line) { Timestamp($0) }
        try scanner.literal("\",\"kid\":\"", in: line)
        let kid = try scanner.field(KeyID.length, in: line) { KeyID($0) }
        try scanner.literal("\",\"event\":", in: line)
        let event = try EventLayout(scanning: &scanner, in: line, of: (log, logText))
        let signedEnd = scanner.position
        let signature = try scanner.signature(in: line)
        guard scanner.position == line.count else { throw FormatError(.syntax) }
        return RecordLayout(
            log: log, epoch: epoch, seq: seq, prev: prev, ts: ts, kid: kid, signature: signature,
            signedEnd: signedEnd, event: event)
    }

    private init(
        log: EventID, epoch: Int, seq: Int, prev: SHA256Digest, ts: Timestamp, kid: KeyID, signature: Range<Int>,
        signedEnd: Int, event: EventLayout
    ) {
        self.log = log
        self.epoch = epoch
        self.seq = seq
        self.prev = prev
        self.ts = ts
        self.kid = kid
        self.signature = signature
        self.signedEnd = signedEnd
        self.event = event
    }
}

/// Where the parts of an event stand in the bytes that hold it.
package struct EventLayout: Sendable {
    /// The whole event, from `{` to `}`.
    package var range: Range<Int>
    package var id: EventID
    package var log: EventID
    package var type: Range<Int>
    package var schema: Int
    package var author: KeyID
    package var ts: Timestamp
    package var data: Range<Int>
    /// 88 characters of canonical base64.
    package var signature: Range<Int>
    /// What the event's signature covers: from the start of `range`.
    package var signedEnd: Int

    /// - Parameter journal: what the record says, and where: an event of the same journal is not read again.
    init(
        scanning scanner: inout JSONScanner, in bytes: Span<UInt8>, of journal: (log: EventID, text: Range<Int>)? = nil
    ) throws(FormatError) {
        let start = scanner.position
        try scanner.literal("{\"id\":\"", in: bytes)
        id = try scanner.field(EventID.length, in: bytes) { EventID($0) }
        try scanner.literal("\",\"log\":\"", in: bytes)
        log = try scanner.field(EventID.length, in: bytes) { text in
            if let journal, bytes.extracting(journal.text).isSameMemory(as: text) { return journal.log }
            return EventID(text)
        }
        try scanner.literal("\",\"type\":\"", in: bytes)
        type = scanner.word(in: bytes)
        guard EventType.isWellFormed(bytes.extracting(type)) else { throw FormatError(.syntax) }
        try scanner.literal("\",\"schema\":", in: bytes)
        schema = try scanner.counter(in: bytes)
        try scanner.literal(",\"author\":\"", in: bytes)
        author = try scanner.field(KeyID.length, in: bytes) { KeyID($0) }
        try scanner.literal("\",\"ts\":\"", in: bytes)
        ts = try scanner.field(Timestamp.length, in: bytes) { Timestamp($0) }
        try scanner.literal("\",\"data\":", in: bytes)
        let dataStart = scanner.position
        try scanner.object(in: bytes, depth: 1)
        data = dataStart..<scanner.position
        signedEnd = scanner.position
        signature = try scanner.signature(in: bytes)
        range = start..<scanner.position
    }

    /// Parses an event that stands alone, as in an outbox.
    package init(_ bytes: Span<UInt8>) throws(FormatError) {
        guard bytes.isUTF8 else { throw FormatError(.utf8) }
        var scanner = JSONScanner()
        try self.init(scanning: &scanner, in: bytes)
        guard scanner.position == bytes.count else { throw FormatError(.syntax) }
    }
}

extension JSONScanner {
    /// So many bytes of a shape that holds no character which could be escaped: their quotes are the caller's.
    fileprivate mutating func field<Value>(
        _ count: Int, in bytes: Span<UInt8>, _ read: (Span<UInt8>) -> Value?
    ) throws(FormatError) -> Value {
        guard position + count <= bytes.count, let value = read(bytes.extracting(position..<position + count)) else {
            throw FormatError(.syntax)
        }
        position += count
        return value
    }

    /// Everything up to the next quote.
    fileprivate mutating func word(in bytes: Span<UInt8>) -> Range<Int> {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
        return start..<position
    }

    /// An integer from 1 on.
    fileprivate mutating func counter(in bytes: Span<UInt8>) throws(FormatError) -> Int {
        let value = try integer(in: bytes)
        guard value >= 1 else { throw FormatError(.syntax) }
        return value
    }

    /// The last member and the closing brace.
    fileprivate mutating func signature(in bytes: Span<UInt8>) throws(FormatError) -> Range<Int> {
        try literal(",\"sig\":\"", in: bytes)
        let text = position..<position + 88
        guard text.upperBound <= bytes.count else { throw FormatError(.syntax) }
        guard Base64.isCanonical(bytes.extracting(text), count: 64) else { throw FormatError(.base64) }
        position = text.upperBound
        try literal("\"}", in: bytes)
        return text
    }
}

extension SHA256Digest {
    /// From 64 lower-case hexadecimal digits.
    init?(hexDigits digits: Span<UInt8>) {
        guard digits.count == 64, let first = HexWord.read(digits, at: 0), let second = HexWord.read(digits, at: 16),
            let third = HexWord.read(digits, at: 32), let fourth = HexWord.read(digits, at: 48)
        else { return nil }
        self.init(bigEndianWords: (first, second, third, fourth))
    }
}
