import Digest
import Foundation
import JournalFixtures
import JournalFormat
import Testing

@Suite("A journal as tiles")
struct TiledTreeTests {
    /// The files for a tree of that many lines; a line is its number.
    private func files(_ count: Int) -> [String: [UInt8]] {
        var tree = TiledTree()
        var hasher = SHA256()
        var files: [String: [UInt8]] = [:]
        for number in 0..<count {
            let line = Array("\(number)\n".utf8)
            for file in tree.append(line.span, &hasher) { files[file.path] = file.bytes }
        }
        for file in tree.partialFiles { files[file.path] = file.bytes }
        return files
    }

    private func root(of numbers: Range<Int>) -> [UInt8] {
        var tree = MerkleTree()
        var hasher = SHA256()
        for number in numbers {
            let line = Array("\(number)\n".utf8)
            tree.append(line.span, &hasher)
        }
        return tree.root().bytes
    }

    @Test("The worked example's files are those of the other writer")
    func example() throws {
        var tree = TiledTree()
        var hasher = SHA256()
        for line in try Fixtures.lines("good-month") {
            let files = tree.append(line.span, &hasher)
            #expect(files == [])
        }
        let files = tree.partialFiles
        #expect(files.map(\.path) == ["tile/0/000.p/8", "tile/entries/000.p/8"])
        for file in files {
            let stored = try Data(contentsOf: Fixtures.folder.appending(path: "tiles/good-month/\(file.path)"))
            #expect(file.bytes == [UInt8](stored))
        }
    }

    @Test("A tree of 256 lines is a full tile, and a tile of one hash above it")
    func fullTile() {
        #expect(Set(files(255).keys) == ["tile/0/000.p/255", "tile/entries/000.p/255"])
        let full = files(256)
        #expect(Set(full.keys) == ["tile/0/000", "tile/entries/000", "tile/1/000.p/1"])
        #expect(full["tile/0/000"]?.count == 8192 && full["tile/1/000.p/1"] == root(of: 0..<256))
        #expect(Set(files(257).keys.filter { $0.contains("001") }) == ["tile/0/001.p/1", "tile/entries/001.p/1"])
    }

    @Test("A tree of 70,000 lines has the tiles that tlog-tiles says")
    func threeLevels() {
        let files = files(70_000)
        let levels = (0...3).map { level in files.keys.filter { $0.hasPrefix("tile/\(level)/") } }
        #expect(levels.map(\.count) == [274, 2, 1, 0])
        #expect(files["tile/0/273.p/112"]?.count == 112 * 32 && files["tile/1/001.p/17"]?.count == 17 * 32)
        #expect(files["tile/2/000.p/1"] == root(of: 0..<65_536))
        #expect(files["tile/1/001.p/17"]?.suffix(32).elementsEqual(root(of: 272 * 256..<273 * 256)) == true)
        #expect(files.keys.count { $0.hasPrefix("tile/entries/") } == 274)
    }

    @Test(
        "A tile's number is written in groups of three digits",
        arguments: [
            (0, "000"), (7, "007"), (999, "999"), (1000, "x001/000"), (1_234_067, "x001/x234/067"),
            (1_000_000, "x001/x000/000"),
        ])
    func names(number: Int, name: String) { #expect(TiledTree.name(number) == name) }
}
