import Catalogue
import Foundation
import PlainTree
import Testing

@Suite("The virtual tree and the plainest one")
struct VirtualTreeModelTests {
    /// SplitMix64.
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
            return word ^ word >> 31
        }

        mutating func path() -> [UInt8] {
            var path: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &self) {
                if !path.isEmpty { path.append(0x2f) }
                path.append(.random(in: 0x61...0x63, using: &self))
            }
            return path
        }

        mutating func entry() -> StreamMap.Entry {
            func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }
            switch number(0..<26) {
            case 0, 1: return .make(.file, at: path())
            case 2, 3: return .make(.directory, at: path())
            case 4: return .make(.fifo, at: path())
            case 5, 6, 7: return .rename(path(), to: path())
            case 8, 9: return .hardLink(path(), of: path())
            case 10: return .unlink(path())
            case 11: return .removeDirectory(path())
            case 12, 13, 14: return .open(path())
            case 15: return .truncate(size: number(0..<90))
            case 16: return .punch(offset: number(0..<60), length: number(1..<40))
            case 17: return .zeros(offset: number(0..<60), length: number(1..<40))
            case 18, 19:
                return .data(StreamMap.DataRun(offset: number(0..<60), length: number(1..<30), at: number(1..<900)))
            case 20:
                let length = number(1..<9)
                return .data(
                    StreamMap.DataRun(
                        offset: number(0..<60), length: length, at: number(1..<900), count: number(2..<5),
                        stride: length + number(1..<9)))
            case 21:
                let length = number(1..<30)
                return .encoded(
                    StreamMap.EncodedExtent(
                        offset: number(0..<60), length: length, at: number(1..<900), storedLength: 5,
                        compression: .zlib, wholeLength: 60, skip: number(0..<30)))
            default:
                return .clone(
                    StreamMap.CloneRange(
                        offset: number(0..<60), length: number(1..<30),
                        tree: Bool.random(using: &self) ? .own : .parent,
                        source: path(), sourceOffset: number(0..<30)))
            }
        }
    }

    @Test("are the same after every month of random commands, and refuse the same")
    func same() throws {
        let given = ProcessInfo.processInfo.environment
        let seed = given["VIRTUAL_TREE_SEED"].flatMap(UInt64.init) ?? .random(in: 0..<1 << 40)
        let rounds = given["VIRTUAL_TREE_ROUNDS"].flatMap(Int.init) ?? 40
        print("VIRTUAL_TREE_SEED=\(seed)")
        var (done, refused) = (0, 0)
        for round in 0..<rounds {
            var chance = Chance(state: seed &+ UInt64(round))
            var tree = VirtualTree()
            let plain = PlainTree()
            for month in 0..<4 {
                let uuid = "01020304-0506-0708-090a-00000000000\(month)"
                let parent = month == 0 ? nil : "01020304-0506-0708-090a-00000000000\(month - 1)"
                try tree.begin(try #require(StreamMap.Header(streamVersion: 1, uuid: uuid, parent: parent)))
                plain.begin()
                for _ in 0..<150 {
                    let entry = chance.entry()
                    // A refused command ends a tree, so a copy has it.
                    var next = tree
                    let isDone = (try? next.apply(entry)) != nil
                    try #require(
                        isDone == plain.apply(entry), "seed \(seed &+ UInt64(round)), month \(month): \(entry)")
                    if isDone { tree = next }
                    (done, refused) = (done + (isDone ? 1 : 0), refused + (isDone ? 0 : 1))
                }
                try tree.apply(.end(streamBytes: 1000))
                _ = plain.apply(.end(streamBytes: 1000))
                try compare(tree, plain, "seed \(seed &+ UInt64(round)), month \(month)")
            }
        }
        print("\(rounds) rounds, \(done) commands done, \(refused) refused")
        #expect(done > rounds * 20)
    }

    private func compare(_ tree: VirtualTree, _ plain: PlainTree, _ place: String) throws {
        for (path, bytes) in plain.objects {
            let identity = try #require(tree.identity(at: path), "\(place): \(path)")
            #expect(tree.paths(of: identity).contains(path), "\(place): \(path)")
            #expect(tree.size(of: identity) == bytes?.count, "\(place): \(path)")
            guard let bytes else { continue }
            let plan = try tree.readPlan(for: path, size: bytes.count)
            try #require(PlainTree.origins(plan) == bytes, "\(place): \(path)")
        }
    }
}
