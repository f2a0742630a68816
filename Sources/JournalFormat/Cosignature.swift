internal import Sodium

/// Cosignatures (C2SP tlog-cosignature, Ed25519): a witness's word that a checkpoint continues every one it has seen before.
extension SignedCheckpoint {
    private static let timeLength = 8
    private static let cosignatureLength = 72

    /// When that key cosigned this very text, in seconds since 1970; nil where it has not.
    package func cosigned(by key: VerifierKey) -> Int? {
        guard key.algorithm == .cosignature, let line = signatures.first(where: { $0.isClaimed(by: key) }),
            line.signature.count == Self.cosignatureLength
        else { return nil }
        let time = line.signature[..<Self.timeLength].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard let seconds = Int(exactly: time) else { return nil }
        let message = Self.cosignedMessage(text, seconds: seconds)
        return key.key.verifies(Array(line.signature[Self.timeLength...]).span, of: message.span) ? seconds : nil
    }

    /// The lines of an answer from a witness, each with its LF, as far as they are cosignatures of this text by these keys.
    /// All others are ignored.
    package func cosignatures(in answer: [UInt8], by keys: [VerifierKey]) -> [NoteSignature] {
        guard answer.span.isUTF8 else { return [] }
        let lines = String(decoding: answer, as: UTF8.self).split(separator: "\n")
        return lines.prefix(Self.maximumOthers).compactMap { NoteSignature(line: $0) }.filter { line in
            let one = adding([line])
            return keys.contains { key in line.isClaimed(by: key) && one.cosigned(by: key) != nil }
        }
    }

    private static func cosignedMessage(_ text: String, seconds: Int) -> [UInt8] {
        Array("cosignature/v1\ntime \(seconds)\n\(text)".utf8)
    }
}
