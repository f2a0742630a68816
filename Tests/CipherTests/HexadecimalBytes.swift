import Sodium

/// The bytes that hexadecimal digits stand for; white space between them is ignored.
func bytes(_ digits: String) -> [UInt8] {
    let digits = digits.filter { !$0.isWhitespace }
    var bytes: [UInt8] = []
    var rest = digits[...]
    while !rest.isEmpty {
        bytes.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
    }
    return bytes
}

func secret(_ bytes: [UInt8]) -> SecretBytes {
    var bytes = bytes
    return SecretBytes(moving: &bytes)
}

func copy(_ secret: borrowing SecretBytes) -> [UInt8] {
    secret.withSpan { span in span.indices.map { span[$0] } }
}
