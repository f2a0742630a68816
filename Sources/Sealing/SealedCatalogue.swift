package import Age
package import Digest
internal import DurableFiles
package import SystemPackage

/// A catalogue that was encrypted for those who may open its artifact, as it is stored.
/// `age -d -i KEY FILE | zstd -d` shows it.
package struct SealedCatalogue: Sendable {
    package let bytes: Int
    package let sha256: SHA256Digest

    /// Encrypts a catalogue, durably under that name, which may hold one that nothing refers to.
    package init(_ clear: ClearCatalogue, to recipients: [AgeRecipient], as path: FilePath) throws {
        let stored = try TemporaryFile(for: path, .sealing)
        do {
            let source = try OpenFile(regular: clear.path, .readOnly)
            var output = SealedOutput(
                AgeEncryptor(recipients: recipients), HashedOutput(stored.file.descriptor, stored.path))
            try output.start()
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while case let count = try source.read(into: &buffer), count > 0 {
                try output.write(buffer.span.extracting(0..<count))
            }
            let (bytes, sha256) = try output.finish()
            (self.bytes, self.sha256) = (Int(bytes), sha256)
            try TemporaryFile.makeDurable(stored.file.descriptor, stored.path, permissions: Sealer.permissions)
            try stored.publish(replacing: true)
        } catch {
            stored.remove()
            throw error
        }
    }
}
