internal import Sodium

/// Reads a header from pieces of any size, line by line, refusing it at the first byte that breaks its grammar.
///
///     header     = v1-line 1*stanza end
///     v1-line    = "age-encryption.org/v1" LF
///     stanza     = "-> " argument *(SP argument) LF *full-line final-line
///     full-line  = 64base64char LF
///     final-line = *63base64char LF
///     end        = "--- " 43base64char LF
struct HeaderParser {
    private enum Expectation {
        case version
        case stanza
        case body
        case stanzaOrEnd
    }

    private var expected = Expectation.version
    private var bytes: [UInt8] = []
    private var lineStart = 0
    private var stanzas: [Stanza] = []
    private var arguments: [String] = []
    private var body: [UInt8] = []

    /// Whether nothing was read yet.
    var isEmpty: Bool { bytes.isEmpty }

    /// Takes bytes from `input` at `offset`, which moves on, up to the end of the header; nil while it continues.
    mutating func parse(_ input: Span<UInt8>, from offset: inout Int) throws(AgeError) -> Header? {
        while offset < input.count {
            let byte = input[offset]
            offset += 1
            bytes.append(byte)
            if bytes.count > AgeFormat.maximumHeaderSize { throw .malformedHeader("it is longer than 1 MiB") }
            if expected == .version { try checkBeginning() }
            if byte == UInt8(ascii: "\n"), let header = try endLine() { return header }
        }
        return nil
    }

    /// Something that is not an age file is known by its first bytes, however long its first line.
    private func checkBeginning() throws(AgeError) {
        let prefix: StaticString = "age-encryption.org/"
        let index = bytes.count - 1
        if index < prefix.utf8CodeUnitCount, bytes[index] != prefix.bytes[index] { throw .notAgeFile }
        if index > 64 { throw .malformedHeader("the version line is too long") }
    }

    private mutating func endLine() throws(AgeError) -> Header? {
        let start = lineStart
        lineStart = bytes.count
        let characters = Array(bytes[start..<(bytes.count - 1)])
        let line = characters.span
        switch expected {
        case .version:
            guard line.count == AgeFormat.versionLine.utf8CodeUnitCount, line.starts(with: AgeFormat.versionLine) else {
                throw .malformedHeader("the version line must be \(AgeFormat.versionLine)")
            }
            expected = .stanza
        case .stanza:
            try beginStanza(line)
        case .stanzaOrEnd:
            if line.starts(with: "---") { return try end(line, start: start) }
            try beginStanza(line)
        case .body:
            try addToBody(line)
        }
        return nil
    }

    private mutating func beginStanza(_ line: Span<UInt8>) throws(AgeError) {
        arguments = try Stanza.arguments(ofLine: line)
        body = []
        expected = .body
    }

    private mutating func addToBody(_ line: Span<UInt8>) throws(AgeError) {
        guard line.count <= AgeFormat.columns else {
            throw .malformedHeader("a line of a stanza's body is longer than 64 characters")
        }
        guard let part = Base64.decodeUnpadded(line) else {
            throw .malformedHeader("a stanza's body is not canonical base64 without padding")
        }
        body += part
        if line.count < AgeFormat.columns {
            stanzas.append(Stanza(arguments: arguments, body: body))
            expected = .stanzaOrEnd
        }
    }

    private func end(_ line: Span<UInt8>, start: Int) throws(AgeError) -> Header {
        let macLength = 43
        guard line.starts(with: "--- "), line.count == 4 + macLength,
            let mac = Base64.decodeUnpadded(line.extracting(4...))
        else { throw .malformedHeader("the last line must be '--- ' and the MAC, 43 characters of canonical base64") }
        return Header(stanzas: stanzas, authenticated: Array(bytes[..<(start + 3)]), mac: mac)
    }
}
