import Digest
import Foundation
import JournalFixtures
import JournalFormat
import Sodium
import Testing

/// Reads a value at a path of members, with another parser than the one under test.
private func member(_ line: [UInt8], _ path: String...) throws -> Any {
    var value = try JSONSerialization.jsonObject(with: Data(line))
    for name in path {
        value = try #require((value as? [String: Any])?[name])
    }
    return value
}

@Suite("The format's test vectors")
struct VectorTests {
    private let vectors: Vectors
    private let month: [[UInt8]]

    init() throws {
        vectors = try Vectors()
        month = try Fixtures.lines("good-month")
    }

    @Test("Seeds give the public keys and key ids listed")
    func keyIDs() throws {
        #expect(vectors.keys.count == 3)
        for vector in vectors.keys {
            let key = try signingKey(seed: vector.seed, role: try #require(KeyRole(rawValue: vector.role)))
            #expect(hexadecimal(key.publicKey.bytes) == vector.public)
            #expect(key.id.description == vector.kid)
            #expect(KeyID(vector.kid) == key.id)
        }
    }

    @Test("One public key has another id in each role")
    func idsDependOnRole() throws {
        let key = try vectors.key(.author).publicKey
        #expect(Set(KeyRole.allCases.map { KeyID(key, role: $0) }).count == 3)
    }

    @Test("The proof of possession is the vector's, and good for its journal, role and key only")
    func proof() throws {
        let log = try #require(EventID(vectors.proof.log))
        let author = try signingKey(seed: vectors.proof.seed, role: .author)
        let proof = ProofOfPossession.make(author.key, log: log, role: .author)
        #expect(Base64.encode(proof) == vectors.proof.proof)
        #expect(ProofOfPossession.isValid(proof, by: author.publicKey, log: log, role: .author))
        #expect(!ProofOfPossession.isValid(proof, by: author.publicKey, log: log, role: .root))
        let other = try #require(EventID("019c15a4-1200-767e-aacb-e773cdde221e"))
        #expect(!ProofOfPossession.isValid(proof, by: author.publicKey, log: other, role: .author))
        #expect(!ProofOfPossession.isValid(proof, by: try vectors.key(.root).publicKey, log: log, role: .author))
    }

    @Test("A record's prev is the hash of the line before, its LF included")
    func prev() throws {
        let line = month[vectors.prev.line - 1]
        let hash = SHA256.hash(line.span).hex
        let fifth = month[4]
        let layout = try RecordLayout(fifth.span)
        #expect(hash == vectors.prev.prevOfLine5)
        #expect(layout.prev.hex == hash)
    }

    @Test("What is signed is what the layout finds in the stored line")
    func signedBytes() throws {
        let line = month[4]
        let layout = try RecordLayout(line.span)
        let record = "devjournal/record/v1\n" + String(decoding: line[..<layout.signedEnd], as: UTF8.self)
        let event = String(
            decoding: line[layout.event.range.lowerBound..<layout.event.signedEnd], as: UTF8.self)
        #expect(record == vectors.record.signed)
        #expect("devjournal/event/v1\n" + event == vectors.event.signed)
        // The rule for a reader without a parser: cut a fixed suffix.
        #expect(layout.signedEnd == line.count - 99)
        #expect(layout.event.signedEnd == layout.event.range.upperBound - 98)
    }

    @Test("Signing again gives the vectors' signatures")
    func signatures() throws {
        for (vector, role) in [(vectors.event, KeyRole.author), (vectors.record, .sequencer)] {
            let key = try vectors.key(role)
            #expect(vector.kid == key.id.description)
            let message = Array(vector.signed.utf8)
            let signature = key.key.sign(message.span)
            #expect(Base64.encode(signature) == vector.sig)
        }
        let fifth = month[4]
        let layout = try RecordLayout(fifth.span)
        #expect(String(decoding: fifth[layout.signature], as: UTF8.self) == vectors.record.sig)
        #expect(String(decoding: fifth[layout.event.signature], as: UTF8.self) == vectors.event.sig)
    }

    @Test("The verifier key of a checkpoint's key is its origin, its key hash, and the key after a byte 01")
    func verifierKey() throws {
        let parts = try #require(vectors.checkpoint.verifierKey).split(separator: "+", maxSplits: 2).map(String.init)
        let key = try vectors.key(.sequencer).publicKey
        #expect(parts[0] == vectors.checkpoint.signed.prefix { $0 != "\n" })
        #expect(parts[1] == vectors.checkpoint.keyHash)
        #expect(Base64.decode(parts[2], count: 33) == [1] + key.bytes)
    }

    @Test("The Merkle tree gives the roots of RFC 6962's test data")
    func merkleRoots() throws {
        var tree = MerkleTree()
        var hasher = SHA256()
        #expect(tree.root().hex == vectors.rfc6962.roots[0])
        for (leaf, root) in zip(vectors.rfc6962.leaves, vectors.rfc6962.roots.dropFirst()) {
            let bytes = try #require(decodeHexadecimal(leaf))
            tree.append(bytes.span, &hasher)
            #expect(tree.root().hex == root)
        }
        #expect(tree.size == vectors.rfc6962.leaves.count)
    }

    @Test("The tree agrees with the recursive definition at every size up to 130")
    func merkleDefinition() {
        var hasher = SHA256()
        func root(_ leaves: ArraySlice<[UInt8]>) -> SHA256Digest {
            if leaves.count == 1 {
                let leaf = [0] + leaves[leaves.startIndex]
                return SHA256.hash(leaf.span)
            }
            var split = 1
            while split * 2 < leaves.count { split *= 2 }
            let (left, right) = (root(leaves.prefix(split)), root(leaves.dropFirst(split)))
            let node = [1] + left.bytes + right.bytes
            return SHA256.hash(node.span)
        }
        var tree = MerkleTree()
        var leaves: [[UInt8]] = []
        for size in 1...130 {
            let leaf = [UInt8](repeating: UInt8(size), count: size % 5)
            leaves.append(leaf)
            tree.append(leaf.span, &hasher)
            #expect(tree.root() == root(leaves[...]))
        }
    }
}

@Suite("The writer makes the fixtures' bytes")
struct WriterTests {
    private let vectors: Vectors

    init() throws {
        vectors = try Vectors()
    }

    @Test("Every line of the worked example comes out byte for byte, from its values and the seeds alone")
    func goodMonth() throws {
        let keys = try KeyRole.allCases.map { try vectors.key($0) }
        var verifier = Verifier()
        for line in try Fixtures.lines("good-month") {
            // given
            let place = RecordPlace(
                log: try #require(EventID(member(line, "log") as? String ?? "")), epoch: 1, seq: verifier.size + 1,
                prev: verifier.head, ts: try #require(Timestamp(member(line, "ts") as? String ?? "")))
            let layout = try RecordLayout(line.span)
            let stored = Array(line[layout.event.data])
            let data = try #require(try JSONValue(parsing: stored).object)
            // when
            let event = SignedEvent(
                id: try #require(EventID(member(line, "event", "id") as? String ?? "")), log: place.log,
                type: try #require(EventType(member(line, "event", "type") as? String ?? "")),
                ts: try #require(Timestamp(member(line, "event", "ts") as? String ?? "")), data: data,
                signedBy: try #require(keys.first { $0.id == layout.event.author }))
            let written = event.line(at: place, signedBy: try #require(keys.first { $0.id == layout.kid }))
            // then
            #expect(written == line)
            let read = try EventLayout(event.bytes.span).event(in: event.bytes.span)
            #expect(read.data == data)
            try verifier.accept(written.span)
        }
        #expect(verifier.size == 8)
    }

    @Test("The checkpoint of the worked example comes out byte for byte")
    func checkpoint() throws {
        // given
        var verifier = Verifier(watching: [8])
        for line in try Fixtures.lines("good-month") { try verifier.accept(line.span) }
        let made = verifier.checkpoint()
        let checkpoint = try #require(made)
        let sequencer = try vectors.key(.sequencer)
        // when
        let due = try #require(vectors.checkpoint.due.flatMap { Timestamp($0) })
        let signed = SignedCheckpoint(checkpoint, due: due, signedBy: sequencer.key)
        // then
        let stored = [UInt8](try Data(contentsOf: Fixtures.journal("good-month").appending(path: "checkpoint")))
        #expect(Array(signed.note.utf8) == stored)
        #expect(signed.text == vectors.checkpoint.signed)
        let last = try #require(signed.note.split(separator: " ").last)
        #expect(last.trimmingCharacters(in: .newlines) == vectors.checkpoint.sig)
        let bytes = try #require(Base64.decode(vectors.checkpoint.sig, count: 68))
        #expect(hexadecimal(bytes[..<4]) == vectors.checkpoint.keyHash)
        #expect(try SignedCheckpoint(note: stored) == signed)
        let key = VerifierKey(name: checkpoint.origin, key: sequencer.publicKey)
        let verifierKey = try #require(vectors.checkpoint.verifierKey)
        #expect(key.description == verifierKey && VerifierKey(verifierKey) == key)
        #expect(signed.isSigned(by: sequencer.publicKey))
        #expect(!signed.isSigned(by: try vectors.key(.author).publicKey))
        let warning = try verifier.compare(signed, of: .journal)
        #expect(warning == nil)
    }

    @Test("Key events written and read are the same")
    func keyEvents() throws {
        for name in ["good-month", "good-roots", "good-two-epochs"] {
            for line in try Fixtures.lines(name) {
                let event = try RecordLayout(line.span).event.event(in: line.span)
                guard event.isKeyEvent else { continue }
                let read = try KeyEvent(event)
                #expect(read.data == event.data)
                #expect(read.type.description == event.type)
            }
        }
    }
}
