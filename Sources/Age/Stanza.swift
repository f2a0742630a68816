internal import Sodium

/// One way to the file key: arguments, the first of which is the type, and a body (C2SP age, "Recipient stanza").
///
///     -> X25519 XEl0dJ6y3C7KZkgmgWUicg63EyXJiwBJW8PdYJ/cYBE
///     qRS0AMjdjPvZ/WT08U2KL4G+PIooA3hy38SvLpvaC1E
struct Stanza: Equatable {
    let arguments: [String]
    let body: [UInt8]

    var type: String { arguments[0] }

    /// The lines of the stanza: the body in lines of 64 characters, the last one shorter, so possibly empty.
    var lines: [UInt8] {
        var lines = Array("-> \(arguments.joined(separator: " "))\n".utf8)
        let text = Base64.encodeUnpadded(body.span)
        var start = 0
        while text.count - start >= AgeFormat.columns {
            lines += text[start..<(start + AgeFormat.columns)]
            lines.append(UInt8(ascii: "\n"))
            start += AgeFormat.columns
        }
        return lines + text[start...] + [UInt8(ascii: "\n")]
    }

    /// The arguments of a line that begins with `->`: separated by single spaces, each of visible ASCII characters.
    static func arguments(ofLine line: Span<UInt8>) throws(AgeError) -> [String] {
        guard line.starts(with: "-> ") else { throw .malformedHeader("a stanza must begin with '-> '") }
        var arguments: [String] = []
        var argument: [UInt8] = []
        for index in 3...line.count {
            if index == line.count || line[index] == UInt8(ascii: " ") {
                if argument.isEmpty { throw .malformedHeader("a stanza has an empty argument") }
                arguments.append(String(decoding: argument, as: UTF8.self))
                argument = []
            } else if (0x21...0x7e).contains(line[index]) {
                argument.append(line[index])
            } else {
                throw .malformedHeader("a stanza has an argument with a character that is not visible ASCII")
            }
        }
        return arguments
    }
}
