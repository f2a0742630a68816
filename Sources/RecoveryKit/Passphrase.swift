internal import JournalFormat
package import Sodium

/// A passphrase that nobody has to think up: 25 letters and digits in groups of five, 125 bits.
package func makePassphrase() -> SecretBytes {
    // No letters that look like digits or like each other: 32 characters, five bits each.
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    var random = randomBytes(25)
    var text: [UInt8] = []
    for (index, byte) in random.enumerated() {
        if index > 0, index.isMultiple(of: 5) { text.append(UInt8(ascii: "-")) }
        text.append(alphabet[Int(byte & 31)])
    }
    random.wipe()
    return SecretBytes(moving: &text)
}
