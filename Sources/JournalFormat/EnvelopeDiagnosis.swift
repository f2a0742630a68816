internal import Digest
internal import Sodium

/// Says what is wrong with a line that is not a record: the first thing from left to right (journal-format.md,
/// "Strict JSON"). `envelope` is JSON that is well formed so far, but not what is due at that place.
enum EnvelopeDiagnosis {
    private static let record = ["v", "log", "epoch", "seq", "prev", "ts", "kid", "event", "sig"]
    private static let event = ["id", "log", "type", "schema", "author", "ts", "data", "sig"]

    private enum Kind { case string, integer, object }

    /// Throws unless the line is a record after all.
    static func explain(_ line: Span<UInt8>) throws(FormatError) {
        var scanner = JSONScanner()
        try object(record, in: line, &scanner)
        guard scanner.position == line.count else { throw FormatError(.syntax) }
    }

    private static func object(
        _ members: [String], in line: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(FormatError) {
        for (index, name) in members.enumerated() {
            if index > 0, next(line, scanner) == UInt8(ascii: "}") { throw FormatError(.envelope) }
            guard scanner.take(index > 0 ? "," : "{", in: line) else { throw FormatError(.syntax) }
            if index == 0, next(line, scanner) == UInt8(ascii: "}") { throw FormatError(.envelope) }
            let key = try scanner.string(in: line)
            guard line.extracting(key).hasSameBytes(as: name) else { throw FormatError(.envelope) }
            guard scanner.take(":", in: line) else { throw FormatError(.syntax) }
            try member(name, in: line, &scanner)
        }
        if next(line, scanner) == UInt8(ascii: ",") { throw FormatError(.envelope) }
        guard scanner.take("}", in: line) else { throw FormatError(.syntax) }
    }

    private static func member(
        _ name: String, in line: Span<UInt8>, _ scanner: inout JSONScanner
    ) throws(FormatError) {
        guard let kind = try kind(next(line, scanner)), kind == kindDue(name) else { throw FormatError(.envelope) }
        switch name {
        case "event":
            try object(event, in: line, &scanner)
        case "data":
            try scanner.object(in: line, depth: 1)
        case "v", "epoch", "seq", "schema":
            let number = try scanner.integer(in: line)
            if name == "v", number != 1 { throw FormatError(.version) }
            guard number >= 1 else { throw FormatError(.envelope) }
        default:
            let text = line.extracting(try scanner.string(in: line))
            guard isRight(name, text) else { throw FormatError(.envelope) }
            if name == "sig", Base64.decode(text, count: 64) == nil { throw FormatError(.base64) }
        }
    }

    private static func next(_ line: Span<UInt8>, _ scanner: JSONScanner) -> UInt8? {
        scanner.position < line.count ? line[scanner.position] : nil
    }

    private static func kindDue(_ name: String) -> Kind {
        switch name {
        case "v", "epoch", "seq", "schema": .integer
        case "event", "data": .object
        default: .string
        }
    }

    /// The kind of value that begins with this byte; nil for kinds that no member has.
    private static func kind(_ byte: UInt8?) throws(FormatError) -> Kind? {
        guard let byte else { throw FormatError(.syntax) }
        switch byte {
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .integer
        case UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): return nil
        default: throw FormatError(.syntax)
        }
    }

    private static func isRight(_ name: String, _ text: Span<UInt8>) -> Bool {
        switch name {
        case "log", "id": EventID(text) != nil
        case "prev": SHA256Digest(hexDigits: text) != nil
        case "ts": Timestamp(text) != nil
        case "kid", "author": KeyID(text) != nil
        case "type": EventType.isWellFormed(text)
        case "sig": text.count == 88
        default: false
        }
    }
}
