package import Digest

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
    package init(_ line: Span<UInt8>) throws(Refusal) {
        guard line.count <= Self.maximumLineLength else { throw Refusal(.lineTooLong) }
        try Self.refuseWhatIsNoLine(line)
        let content = line.extracting(droppingLast: 1)
        guard content.isUTF8 else { throw Refusal(.utf8) }
        do {
            self = try Self.read(content)
        } catch {
            // Reading is fast because it asks for one shape only; what is wrong is found by a second, slower look.
            try EnvelopeDiagnosis.explain(content)
            throw error
        }
    }

    private static func refuseWhatIsNoLine(_ line: Span<UInt8>) throws(Refusal) {
        let end = line.count - 1
        guard end >= 0, line[end] == UInt8(ascii: "\n") else { throw Refusal(.syntax) }
        if end == 0 { throw Refusal(.blankLine) }
        if line[end - 1] == UInt8(ascii: "\r") { throw Refusal(.crlf) }
        if end >= 3, line[0] == 0xef, line[1] == 0xbb, line[2] == 0xbf { throw Refusal(.bom) }
    }

    private static func read(_ line: Span<UInt8>) throws(Refusal) -> RecordLayout {
        var scanner = JSONScanner()
        try scanner.literal("{\"v\":", in: line)
        guard try scanner.integer(in: line) == 1 else { throw Refusal(.version) }
        try scanner.literal(",\"log\":", in: line)
        let log = try scanner.field(in: line) { EventID($0) }
        try scanner.literal(",\"epoch\":", in: line)
        let epoch = try scanner.counter(in: line)
        try scanner.literal(",\"seq\":", in: line)
        let seq = try scanner.counter(in: line)
        try scanner.literal(",\"prev\":", in: line)
        let prev = try scanner.field(in: line) { SHA256Digest(hexDigits: $0) }
        try scanner.literal(",\"ts\":", in: line)
        let ts = try scanner.field(in: line) { Timestamp($0) }
        try scanner.literal(",\"kid\":", in: line)
        let kid = try scanner.field(in: line) { KeyID($0) }
        try scanner.literal(",\"event\":", in: line)
        let event = try EventLayout(scanning: &scanner, in: line)
        let signedEnd = scanner.position
        let signature = try scanner.signature(in: line)
        guard scanner.position == line.count else { throw Refusal(.syntax) }
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

    init(scanning scanner: inout JSONScanner, in bytes: Span<UInt8>) throws(Refusal) {
        let start = scanner.position
        try scanner.literal("{\"id\":", in: bytes)
        id = try scanner.field(in: bytes) { EventID($0) }
        try scanner.literal(",\"log\":", in: bytes)
        log = try scanner.field(in: bytes) { EventID($0) }
        try scanner.literal(",\"type\":", in: bytes)
        type = try scanner.string(in: bytes)
        guard EventType.isWellFormed(bytes.extracting(type)) else { throw Refusal(.syntax) }
        try scanner.literal(",\"schema\":", in: bytes)
        schema = try scanner.counter(in: bytes)
        try scanner.literal(",\"author\":", in: bytes)
        author = try scanner.field(in: bytes) { KeyID($0) }
        try scanner.literal(",\"ts\":", in: bytes)
        ts = try scanner.field(in: bytes) { Timestamp($0) }
        try scanner.literal(",\"data\":", in: bytes)
        let dataStart = scanner.position
        try scanner.object(in: bytes, depth: 1)
        data = dataStart..<scanner.position
        signedEnd = scanner.position
        signature = try scanner.signature(in: bytes)
        range = start..<scanner.position
    }

    /// Parses an event that stands alone, as in an outbox.
    package init(_ bytes: Span<UInt8>) throws(Refusal) {
        guard bytes.isUTF8 else { throw Refusal(.utf8) }
        var scanner = JSONScanner()
        try self.init(scanning: &scanner, in: bytes)
        guard scanner.position == bytes.count else { throw Refusal(.syntax) }
    }
}

extension JSONScanner {
    /// A string of a fixed shape. The shapes hold no character that could be escaped.
    fileprivate mutating func field<Value>(
        in bytes: Span<UInt8>, _ read: (Span<UInt8>) -> Value?
    ) throws(Refusal) -> Value {
        let range = try string(in: bytes)
        guard let value = read(bytes.extracting(range)) else { throw Refusal(.syntax) }
        return value
    }

    /// An integer from 1 on.
    fileprivate mutating func counter(in bytes: Span<UInt8>) throws(Refusal) -> Int {
        let value = try integer(in: bytes)
        guard value >= 1 else { throw Refusal(.syntax) }
        return value
    }

    /// The last member and the closing brace.
    fileprivate mutating func signature(in bytes: Span<UInt8>) throws(Refusal) -> Range<Int> {
        try literal(",\"sig\":", in: bytes)
        let text = try string(in: bytes)
        guard text.count == 88 else { throw Refusal(.syntax) }
        guard Base64.isCanonical(bytes.extracting(text), count: 64) else { throw Refusal(.base64) }
        try literal("}", in: bytes)
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
