package import Digest

/// A journal as C2SP `tlog-tiles` lays it out: files that never change, from which anybody can compute any proof.
///
///     tile/0/000            256 hashes of lines          tile/entries/000        these 256 lines
///     tile/0/001.p/44       44 more                      tile/entries/001.p/44
///     tile/1/000.p/1        the hash over a full tile
///
/// It is grown line by line, in memory of the order of a tile for each level.
package struct TiledTree: Sendable {
    package struct File: Sendable, Equatable {
        /// Below the directory of the tiles.
        package let path: String
        package let bytes: [UInt8]
    }

    /// Hashes in a full tile, lines in a full bundle.
    package static let width = 256

    private struct Level {
        /// How many of its tiles are full.
        var full = 0
        /// Of the tile that is not.
        var hashes: [SHA256Digest] = []
    }

    private var levels: [Level] = [Level()]
    /// The lines of the bundle that is not full, each after its length.
    private var bundle: [UInt8] = []

    package init() {}

    /// Adds a line, with its LF.
    ///
    /// - Returns: the files that are complete by it, which follow from the lines so far and from no others.
    package mutating func append(_ line: Span<UInt8>, _ hasher: inout SHA256) -> [File] {
        bundle.append(UInt8(truncatingIfNeeded: line.count >> 8))
        bundle.append(UInt8(truncatingIfNeeded: line.count))
        for index in line.indices { bundle.append(line[index]) }
        var files: [File] = []
        if levels[0].hashes.count == Self.width - 1 {
            files.append(File(path: "tile/entries/\(Self.name(levels[0].full))", bytes: bundle))
            bundle = []
        }
        var hash = MerkleTree.leaf(line, &hasher)
        for height in 0... {
            if height == levels.count { levels.append(Level()) }
            levels[height].hashes.append(hash)
            guard levels[height].hashes.count == Self.width else { break }
            files.append(
                File(
                    path: "tile/\(height)/\(Self.name(levels[height].full))",
                    bytes: levels[height].hashes.flatMap(\.bytes)))
            var tile = MerkleTree()
            for hash in levels[height].hashes { tile.append(hash, &hasher) }
            hash = tile.root()
            levels[height] = Level(full: levels[height].full + 1)
        }
        return files
    }

    /// The files that more lines would complete: what a reader needs for a checkpoint of just this size.
    package var partialFiles: [File] {
        var files: [File] = []
        for (height, level) in levels.enumerated() where !level.hashes.isEmpty {
            let name = "\(Self.name(level.full)).p/\(level.hashes.count)"
            files.append(File(path: "tile/\(height)/\(name)", bytes: level.hashes.flatMap(\.bytes)))
            if height == 0 { files.append(File(path: "tile/entries/\(name)", bytes: bundle)) }
        }
        return files
    }

    /// A tile's number in groups of three digits: 1234067 is `x001/x234/067`.
    package static func name(_ number: Int) -> String {
        var (name, rest) = (digits(number % 1000), number / 1000)
        while rest > 0 {
            name = "x\(digits(rest % 1000))/\(name)"
            rest /= 1000
        }
        return name
    }

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 3 - text.utf8.count) + text
    }
}
