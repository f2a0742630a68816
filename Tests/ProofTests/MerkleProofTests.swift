import Digest
import Foundation
import JournalFormat
import Testing

/// The leaves of the certificate-transparency project's reference tests.
private let known: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    Array(0x50...0x57), Array(0x60...0x6f),
]

private func root(_ leaves: some Sequence<[UInt8]>) -> SHA256Digest {
    var tree = MerkleTree()
    var hasher = SHA256()
    for leaf in leaves { tree.append(leaf.span, &hasher) }
    return tree.root()
}

private func inclusion(_ index: Int, _ leaves: [[UInt8]], size: Int) -> InclusionProof {
    var prover = MerkleProver(inclusionOf: index, size: size)
    var hasher = SHA256()
    for leaf in leaves { prover.append(leaf.span, &hasher) }
    return InclusionProof(index: index, size: size, path: prover.path())
}

private func consistency(_ from: Int, _ leaves: [[UInt8]], to: Int) -> ConsistencyProof {
    var prover = MerkleProver(consistencyFrom: from, to: to)
    var hasher = SHA256()
    for leaf in leaves { prover.append(leaf.span, &hasher) }
    return ConsistencyProof(from: from, to: to, path: prover.path())
}

extension InclusionProof {
    fileprivate func holds(_ leaf: [UInt8], root: SHA256Digest) -> Bool { isValid(leaf: leaf.span, root: root) }
}

private func leaves(_ count: Int) -> [[UInt8]] { (0..<count).map { Array("leaf \($0)".utf8) } }

@Suite("Merkle proofs")
struct MerkleProofTests {
    @Test(
        "The known inclusion proofs come out, and hold",
        arguments: [
            (0, 1, []),
            (
                0, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                5, 8,
                [
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
            (
                1, 5,
                [
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
        ])
    func knownInclusion(_ index: Int, _ size: Int, _ path: [String]) {
        let proof = inclusion(index, known, size: size)
        #expect(proof.path.map(\.hex) == path)
        #expect(proof.holds(known[index], root: root(known.prefix(size))))
    }

    @Test(
        "The known consistency proofs come out, and hold",
        arguments: [
            (1, 1, []),
            (
                1, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                6, 8,
                [
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (
                2, 5,
                [
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
        ])
    func knownConsistency(_ from: Int, _ to: Int, _ path: [String]) {
        let proof = consistency(from, known, to: to)
        #expect(proof.path.map(\.hex) == path)
        #expect(proof.isValid(first: root(known.prefix(from)), second: root(known.prefix(to))))
    }

    @Test("Every leaf of every tree up to 64 has an inclusion proof, which holds for nothing else")
    func everyInclusion() {
        let all = leaves(64)
        let roots = (0...64).map { root(all.prefix($0)) }
        for size in 1...64 {
            for index in 0..<size {
                let proof = inclusion(index, all, size: size)
                let leaf = all[index]
                #expect(proof.holds(leaf, root: roots[size]))
                #expect(!proof.holds([0], root: roots[size]))
                #expect(!proof.holds(leaf, root: roots[size - 1]))
                for other in spoiled(proof.path) {
                    let wrong = InclusionProof(index: index, size: size, path: other)
                    #expect(!wrong.holds(leaf, root: roots[size]))
                }
                for other in [index - 1, index + 1, size] where other != index {
                    let wrong = InclusionProof(index: other, size: size, path: proof.path)
                    #expect(!wrong.holds(leaf, root: roots[size]))
                }
            }
        }
    }

    @Test("Every two sizes up to 64 have a consistency proof, which holds for nothing else")
    func everyConsistency() {
        let all = leaves(64)
        let roots = (0...64).map { root(all.prefix($0)) }
        let stranger = root([[1]])
        for to in 1...64 {
            for from in 1...to {
                let proof = consistency(from, all, to: to)
                #expect(proof.isValid(first: roots[from], second: roots[to]))
                #expect(!proof.isValid(first: stranger, second: roots[to]))
                #expect(!proof.isValid(first: roots[from], second: stranger))
                for other in spoiled(proof.path) {
                    let wrong = ConsistencyProof(from: from, to: to, path: other)
                    #expect(!wrong.isValid(first: roots[from], second: roots[to]))
                }
            }
        }
    }

    @Test("Impossible sizes make no proof", arguments: [(0, 5), (-1, 5), (6, 5), (5, 0)])
    func impossible(_ from: Int, _ to: Int) {
        let empty = root([])
        #expect(!ConsistencyProof(from: from, to: to, path: []).isValid(first: empty, second: empty))
        #expect(!InclusionProof(index: to, size: from, path: []).holds([], root: empty))
    }

    /// A path with a hash changed, dropped, doubled, added.
    private func spoiled(_ path: [SHA256Digest]) -> [[SHA256Digest]] {
        var others = [path + [SHA256Digest()]]
        for index in path.indices {
            var (changed, dropped, doubled) = (path, path, path)
            changed[index] = SHA256Digest()
            dropped.remove(at: index)
            doubled.insert(path[index], at: index)
            others += [changed, dropped, doubled]
        }
        return others
    }
}
