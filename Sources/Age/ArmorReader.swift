internal import Sodium

/// Takes the armor off a file, strictly: RFC 7468, figure 3, with the label `AGE ENCRYPTED FILE`.
///
/// Lines end with LF or CR LF; all but the last hold 64 characters, the last 4 to 64; base64 is canonical, with
/// padding. Nothing but white space, at most 1 KiB, may stand before and after, in lines of its own.
struct ArmorReader {
    private enum Place {
        case before
        case beginning
        case full
        case last
        case after
    }

    static let begin: StaticString = "-----BEGIN AGE ENCRYPTED FILE-----"
    private static let end: StaticString = "-----END AGE ENCRYPTED FILE-----"
    private static let bytesPerLine = 48
    private static let maximumWhiteSpace = 1024

    private var place = Place.before
    private var line: [UInt8] = []
    private var whiteSpace = 0

    /// Takes bytes from `input` at `offset`, which moves on, and adds what they stand for to `bytes`, as long as
    /// there is room for another line.
    mutating func decode(
        _ input: Span<UInt8>, from offset: inout Int, into bytes: inout WipedBuffer
    ) throws(AgeError) {
        while offset < input.count, bytes.room >= Self.bytesPerLine {
            let byte = input[offset]
            offset += 1
            if place == .after {
                try countWhiteSpace(byte)
            } else if byte == UInt8(ascii: "\n") {
                try endLine(into: &bytes)
            } else {
                line.append(byte)
                if line.count > Self.maximumWhiteSpace { throw .malformedArmor("a line is too long") }
            }
        }
    }

    /// At the end of the input: the last line may lack its line feed, but must be there.
    mutating func finish() throws(AgeError) {
        if place == .after { return }
        dropCarriageReturn()
        guard place == .full || place == .last, isLine(Self.end) else { throw .truncated }
        place = .after
    }

    private mutating func endLine(into bytes: inout WipedBuffer) throws(AgeError) {
        dropCarriageReturn()
        defer { line.removeAll(keepingCapacity: true) }
        switch place {
        case .before:
            if line.allSatisfy(Self.isWhiteSpace) {
                for byte in line + [UInt8(ascii: "\n")] { try countWhiteSpace(byte) }
            } else {
                guard isLine(Self.begin) else { throw .malformedArmor("the first line must be \(Self.begin)") }
                whiteSpace = 0
                place = .beginning
            }
        case .beginning:
            try decodeLine(into: &bytes)
        case .full:
            if isLine(Self.end) { place = .after } else { try decodeLine(into: &bytes) }
        case .last:
            guard isLine(Self.end) else { throw .malformedArmor("after a short line must come \(Self.end)") }
            place = .after
        case .after:
            return
        }
    }

    private mutating func decodeLine(into bytes: inout WipedBuffer) throws(AgeError) {
        guard !line.isEmpty else { throw .malformedArmor("there is an empty line in it") }
        guard line.count <= AgeFormat.columns else { throw .malformedArmor("a line is longer than 64 characters") }
        let before = bytes.count
        guard Base64.decode(line.span, into: &bytes) else {
            throw .malformedArmor("a line is not canonical base64 with padding")
        }
        place = bytes.count - before == Self.bytesPerLine ? .full : .last
    }

    private mutating func countWhiteSpace(_ byte: UInt8) throws(AgeError) {
        guard Self.isWhiteSpace(byte) else { throw .malformedArmor("there is something after its end") }
        whiteSpace += 1
        if whiteSpace > Self.maximumWhiteSpace {
            throw .malformedArmor("there is more than 1 KiB of white space around it")
        }
    }

    private mutating func dropCarriageReturn() {
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
    }

    private func isLine(_ text: StaticString) -> Bool {
        line.count == text.utf8CodeUnitCount && line.span.starts(with: text)
    }

    /// Space, tab, line feed, vertical tab, form feed, carriage return.
    static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (0x09...0x0d).contains(byte)
    }
}
