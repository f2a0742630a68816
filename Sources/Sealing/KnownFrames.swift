internal import Digest
internal import DurableFiles
internal import Synchronization
package import SystemPackage

/// Frames of a catalogue in the clear that was just undone, by the hash of what they hold. Most of a listing is the one of
/// the month before: of such a frame the next catalogue takes the compressed bytes as they are.
package final class KnownFrames: Sendable {
    private struct Place {
        let start: Int
        let length: Int
        /// Of the compressed bytes.
        let sha256: SHA256Digest
    }

    private let path: FilePath
    private let places = Mutex<[SHA256Digest: Place]>([:])

    /// - Parameter path: of the catalogue.
    package init(of path: FilePath) { self.path = path }

    /// - Parameters:
    ///   - compressed: as the file has it from `start` on.
    ///   - content: what came of it.
    func add(_ compressed: Span<UInt8>, from start: Int, holding content: Span<UInt8>) {
        let place = Place(start: start, length: compressed.count, sha256: SHA256.hash(compressed))
        let hash = SHA256.hash(content)
        places.withLock { $0[hash] = place }
    }

    /// Of what its frames hold.
    var hashes: Set<SHA256Digest> { places.withLock { Set($0.keys) } }

    /// Nil where no frame holds that, or where the file has it no longer as it was undone.
    ///
    /// - Parameter content: its hash.
    func frame(holding content: SHA256Digest) -> [UInt8]? {
        guard let place = places.withLock({ $0[content] }), let file = try? OpenFile(regular: path, .readOnly),
            let frame = try? file.read(place.length, at: Int64(place.start)), frame.count == place.length,
            SHA256.hash(frame.span) == place.sha256
        else { return nil }
        return frame
    }
}
