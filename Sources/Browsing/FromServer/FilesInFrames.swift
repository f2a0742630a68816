import Backup
import Catalogue

/// Which frames of a chain hold files of a label: server and workstation find them out by the same catalogues, so that
/// neither needs to say so.
struct FilesInFrames {
    let chain: ArtifactChain
    let selection: ExtractionSelection
    /// Of each artifact, in the order of its stream.
    let numbers: [[Int]]

    /// - Parameter roots: paths; none for the whole tree.
    init(_ roots: [[UInt8]], of label: Label, on shelf: CatalogueShelf) throws {
        let own = try shelf.catalogue(of: label, [.listing, .frames, .map])
        let listing = try own.listing()
        selection = try ExtractionSelection(roots: roots, in: listing, of: label)
        let chain = try ArtifactChain(own, on: shelf)
        numbers = try chain.frames(holding: selection.entries.lazy.filter { $0.kind == .file })
        self.chain = chain
    }

    /// How many they are.
    var count: Int { numbers.reduce(0) { $0 + $1.count } }

    /// Of all of them together, opened and still compressed.
    func bytes() throws -> Int {
        var bytes = 0
        for (artifact, numbers) in zip(chain.artifacts, numbers) where !numbers.isEmpty {
            let table = try artifact.catalogue.frames()
            for number in numbers { bytes += table.frames[number].length }
        }
        return bytes
    }
}
