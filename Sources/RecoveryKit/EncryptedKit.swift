package import Age
package import JournalFormat
package import Sodium

/// The kit as an encrypted file.
extension RecoveryKit {
    /// What scrypt costs: 2^18, about a second and 256 MiB.
    package static let workFactor = 18

    /// The encrypted file, in the newest format.
    package func encrypted(
        with passphrase: borrowing SecretBytes, made: Timestamp, workFactor: Int = RecoveryKit.workFactor
    ) throws(AgeError) -> [UInt8] {
        var text = KitText.write(self, made: made)
        defer { text.wipe() }
        return try AgeFile.encrypt(text.span, passphrase: passphrase, workFactor: workFactor)
    }

    /// Opens a file of any format so far.
    package init(opening file: [UInt8], with passphrase: borrowing SecretBytes) throws(OpeningError) {
        let text: SecretBytes
        do { text = try AgeFile.decryptSecret(file.span, passphrase: passphrase) } catch { throw .age(error) }
        self = try text.withSpan { (text) throws(OpeningError) in
            if OldKitText.isOne(text) { return try OldKitText.parse(text) }
            return try KitText.parse(text)
        }
    }

    package enum OpeningError: Error, CustomStringConvertible {
        case age(AgeError)
        case notAKit(String)

        package var description: String {
            switch self {
            case .age(.wrongKey): "the passphrase does not open the recovery kit"
            case .age(let error): "the recovery kit cannot be opened: \(error)"
            case .notAKit(let why): "this is not a recovery kit: \(why)"
            }
        }

        /// Whether another passphrase may help.
        package var isWrongPassphrase: Bool {
            if case .age(.wrongKey) = self { true } else { false }
        }
    }
}
