import CSodium

/// Base64 with padding (RFC 4648, section 4), by `sodium_bin2base64(3)`.
package func base64Text(_ bytes: [UInt8]) -> String {
    let variant = Int32(sodium_base64_VARIANT_ORIGINAL)
    let size = sodium_base64_encoded_len(bytes.count, variant)
    var text = [CChar](repeating: 0, count: size)
    _ = unsafe sodium_bin2base64(&text, size, bytes, bytes.count, variant)
    return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
