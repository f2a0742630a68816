package import Age
package import Catalogue
package import Digest
package import DurableFiles
package import SystemPackage
internal import Zstd

/// A catalogue as it is stored: zstd frames of 4 MiB, then age, as an artifact is. `age -d -i KEY FILE | zstd -d` shows it.
package struct SealedCatalogue: Sendable {
    /// The level of compression: a catalogue is small and kept for ever.
    private static let level = 19

    /// As stored.
    package let bytes: [UInt8]
    package let sha256: SHA256Digest
    package let plainBytes: Int
    package let plainSHA256: SHA256Digest

    package init(_ catalogue: Catalogue, to recipients: [AgeRecipient]) throws {
        let text = catalogue.text
        var compressor = try ZstdFrameCompressor(level: Self.level)
        var buffer = [UInt8](repeating: 0, count: ZstdFrames.longest)
        var compressed: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: ZstdFrames.contentSize) {
            let end = min(start + ZstdFrames.contentSize, text.count)
            let length = try compressor.compress(text.span.extracting(start..<end), into: &buffer)
            compressed += buffer[..<length]
        }
        let stored = AgeFile.encrypt(compressed.span, to: recipients)
        bytes = stored
        sha256 = SHA256.hash(stored.span)
        plainBytes = text.count
        plainSHA256 = SHA256.hash(text.span)
    }

    /// Durably, under that name, which may hold one that nothing refers to.
    package func write(_ path: FilePath) throws(FileFailure) {
        try writeFileAtomically(path, bytes, permissions: Sealer.permissions)
    }
}

extension Catalogue {
    /// Opens a stored catalogue, whose hash the caller has compared.
    ///
    /// - Parameter plainBytes: its length before compression; one of another length is refused.
    package init(
        opening stored: [UInt8], with identities: [AgeIdentity], plainBytes: Int
    ) throws {
        let compressed = try AgeFile.decrypt(stored.span, with: identities)
        var text: [UInt8] = []
        var rest = compressed[...]
        var cutter = ZstdFrameCutter()
        var decompressor = try ZstdFrameDecompressor()
        var buffer = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
        while let length = try cutter.cut(rest.span) {
            let count = try decompressor.decompress(rest.span.extracting(0..<length), into: &buffer)
            guard count <= plainBytes - text.count else {
                throw CatalogueError.format("it is longer than was recorded")
            }
            text += buffer[..<count]
            rest = rest.dropFirst(length)
        }
        try cutter.finish(rest.span)
        guard text.count == plainBytes else { throw CatalogueError.format("it is shorter than was recorded") }
        try self.init(parsing: text)
    }
}
