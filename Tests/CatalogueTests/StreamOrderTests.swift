import Catalogue
import Testing

@Suite("Many files in the order of the stream")
struct StreamOrderTests {
    private func order(_ tree: VirtualTree, _ paths: [String]) throws -> (StreamOrder, counts: [Int?]) {
        var order = StreamOrder(artifacts: tree.artifactCount)
        let counts = try paths.enumerated().map { number, path in
            let bytes = Array(path.utf8)
            let size = tree.identity(at: bytes).flatMap { tree.size(of: $0) } ?? 0
            return order.add(try tree.readPlan(for: bytes, size: size), file: number)
        }
        return (order, counts)
    }

    private func text(_ order: StreamOrder, _ artifact: Int) -> [String] {
        order.reads(of: artifact).map { "\($0.at) \($0.length) to \($0.file):\($0.offset)" }
    }

    @Test("pieces come by where they lie, whatever file they are of; of one place, for all files that share it")
    func sorted() throws {
        let tree = try madeTree(
            [
                "file f", "data 0 100 5000", "file g", "data 0 50 1000", "data 50 50 7000", "file h",
                "clone 0 50 own g 0",
            ],
            ["open f", "data 30 10 300"])
        let (order, counts) = try order(tree, ["f", "g", "h"])
        #expect(counts == [3, 2, 1])
        #expect(
            text(order, 0) == [
                "1000 50 to 1:0", "1000 50 to 2:0", "5000 30 to 0:0", "5040 60 to 0:40", "7000 50 to 1:50",
            ])
        #expect(text(order, 1) == ["300 10 to 0:30"])
        #expect(order.bytes == 250)
        #expect(order.artifacts == 2)
    }

    @Test("zeros are nothing to read, and a file with a compressed piece is read by itself")
    func apart() throws {
        let tree = try madeTree([
            "file f", "truncate 1000", "file g", "data 0 10 500", "encoded 10 8192 700 4096 zstd 65536 4096",
        ])
        let (order, counts) = try order(tree, ["f", "g"])
        #expect(counts == [0, nil])
        #expect(order.bytes == 0 && text(order, 0).isEmpty)
    }
}
