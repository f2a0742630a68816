package import Sodium

/// A passphrase that several owners hold; still in one place of guarded memory.
package final class AgePassphrase: Sendable {
    package let bytes: SecretBytes

    package init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }
}
