import Sodium

@testable import Age

/// The lines of the armor around `bytes`, as the format has it and the product, which only reads armor, never writes.
func armorLines(_ bytes: [UInt8]) -> [[UInt8]] {
    var text = Base64.encodeUnpadded(bytes.span)
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    let body = stride(from: 0, to: text.count, by: 64).map { Array(text[$0..<min($0 + 64, text.count)]) }
    return [Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)] + body + [Array("-----END AGE ENCRYPTED FILE-----".utf8)]
}
