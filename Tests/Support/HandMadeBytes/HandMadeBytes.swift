import Digest
package import Sodium

/// The bytes that lower-case hexadecimal digits stand for, as test vectors show them; white space between them is ignored.
package func bytes(_ digits: String) -> [UInt8] {
    guard let bytes = decodeHexadecimal(digits.filter { !$0.isWhitespace }) else {
        preconditionFailure("\(digits) are not hexadecimal digits")
    }
    return bytes
}

package func secret(_ bytes: [UInt8]) -> SecretBytes {
    var bytes = bytes
    return SecretBytes(moving: &bytes)
}

package func copy(_ secret: borrowing SecretBytes) -> [UInt8] {
    secret.withSpan { span in span.indices.map { span[$0] } }
}
