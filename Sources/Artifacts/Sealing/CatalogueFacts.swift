package import Backup
import Digest
package import Sealing

extension ArtifactCatalogue {
    /// What is recorded of a catalogue that was made and sealed.
    package init(_ clear: ClearCatalogue, _ sealed: SealedCatalogue) {
        self.init(
            bytes: sealed.bytes, sha256: sealed.sha256.hex, plainBytes: clear.plainBytes,
            plainSHA256: clear.plainSHA256.hex,
            index: clear.index.map { Index(bytes: $0.bytes, sha256: $0.sha256.hex) })
    }
}
