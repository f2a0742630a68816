internal import Sodium

/// One of the lines below a signed note's text: who signed it, and how (C2SP signed-note).
///
///     — devjournal/01936c5e-0000-7000-8000-000000000001 Hp/PTLpN…
///     — witness.example/w1 jWbPPwAAAABkGFDL…
package struct NoteSignature: Sendable, Equatable {
    static let start = "\u{2014} "
    private static let hashLength = 4

    /// The key's name.
    package let name: String
    /// The key's number: four bytes of a hash that tell the keys of one name apart.
    package let keyHash: [UInt8]
    /// What the key made of the text, at least one byte; what it means the key's algorithm says.
    package let signature: [UInt8]

    package init(by key: VerifierKey, _ signature: [UInt8]) {
        name = key.name
        keyHash = key.hash
        self.signature = signature
    }

    /// Without its LF.
    package var line: String { "\(Self.start)\(name) \(Base64.encode(keyHash + signature))" }

    /// Parses a line without its LF, in its one spelling; nil for anything else.
    package init?(line: some StringProtocol) {
        guard line.hasPrefix(Self.start) else { return nil }
        let words = line.dropFirst(Self.start.count).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, VerifierKey.isName(Array(words[0].utf8)),
            let bytes = Base64.decode(Array(words[1].utf8).span), bytes.count > Self.hashLength
        else { return nil }
        name = String(words[0])
        keyHash = Array(bytes[..<Self.hashLength])
        signature = Array(bytes[Self.hashLength...])
    }

    /// Whether both claim to be by one key.
    func isOfSameKey(as other: Self) -> Bool { name == other.name && keyHash == other.keyHash }

    /// Whether it claims to be by that key.
    func isClaimed(by key: VerifierKey) -> Bool { name == key.name && keyHash == key.hash }
}
