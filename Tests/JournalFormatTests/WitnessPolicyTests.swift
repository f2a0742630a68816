import Digest
import Foundation
import JournalFixtures
import JournalFormat
import Sodium
import Testing

@Suite("Whose cosignatures make a checkpoint believable")
struct WitnessPolicyTests {
    private let vectors: Vectors
    private let note: SignedCheckpoint

    init() throws {
        vectors = try Vectors()
        note = try SignedCheckpoint(note: Array(try Fixtures.text("good-cosigned/checkpoint").utf8))
    }

    private func key(_ index: Int) throws -> VerifierKey {
        try #require(VerifierKey(vectors.cosigners[index].verifierKey))
    }

    private func policy(_ text: String) throws -> WitnessPolicy {
        var text = text
        for (index, cosigner) in vectors.cosigners.enumerated() {
            text = text.replacing("K\(index + 1)", with: cosigner.verifierKey)
        }
        var seed = SHA256.hash(Array("a third".utf8).span).bytes
        let third = Ed25519.SigningKey(seed: SecretBytes(moving: &seed)).publicKey
        text = text.replacing("K3", with: VerifierKey(name: "w3", algorithm: .cosignature, key: third).description)
        text = text.replacing("LOG", with: try log())
        return try WitnessPolicy(parsing: Array(text.utf8))
    }

    private func log() throws -> String {
        VerifierKey(name: note.checkpoint.origin, key: try vectors.key(.sequencer).publicKey).description
    }

    @Test("The other writer's cosignatures are right, each with its time, and of no other text")
    func vectorsAgree() throws {
        for (index, cosigner) in vectors.cosigners.enumerated() {
            let key = try key(index)
            #expect(note.cosigned(by: key) == cosigner.time)
            #expect(VerifierKey(name: "other.example", algorithm: .cosignature, key: key.key).hash != key.hash)
            #expect(note.cosigned(by: VerifierKey(name: "other.example", algorithm: .cosignature, key: key.key)) == nil)
            #expect(note.cosigned(by: VerifierKey(name: key.name, algorithm: .ed25519, key: key.key)) == nil)
            let later = SignedCheckpoint(note.checkpoint, due: .last, signedBy: try vectors.key(.sequencer).key)
            #expect(later.adding(note.signatures).cosigned(by: key) == nil, "another deadline is another text")
        }
    }

    @Test("Each byte of a cosignature counts, its time included")
    func changed() throws {
        let key = try key(0)
        let line = try #require(note.signatures.first { $0.name == key.name })
        for index in line.signature.indices {
            var bytes = line.signature
            bytes[index] ^= 1
            let other = NoteSignature(by: key, bytes)
            #expect(note.adding([other]).cosigned(by: key) == nil, "byte \(index)")
        }
        for length in [0, 8, 64, 71, 73] {
            let bytes = Array((line.signature + line.signature).prefix(length))
            guard let other = NoteSignature(line: "\u{2014} \(key.name) \(Base64.encode(key.hash + bytes))") else {
                continue
            }
            #expect(note.adding([other]).cosigned(by: key) == nil, "\(length) bytes")
        }
    }

    @Test("Of what a witness answers only its cosignatures of this text are taken")
    func answer() throws {
        let keys = [try key(0), try key(1)]
        let lines = note.signatures.map { $0.line + "\n" }.joined()
        let taken = note.alone.cosignatures(in: Array(lines.utf8), by: keys)
        #expect(Set(taken.map(\.name)) == ["witness.example/w1", "witness.example/w2"])
        #expect(note.alone.cosignatures(in: Array(lines.utf8), by: [keys[1]]).map(\.name) == ["witness.example/w2"])
        let other = SignedCheckpoint(note.checkpoint, due: .last, signedBy: try vectors.key(.sequencer).key)
        for bytes in [Array(lines.utf8) + [0xff], [], Array("\n\n\u{2014}\n\u{2014} a\n".utf8)] {
            #expect(note.cosignatures(in: bytes, by: keys) == [])
        }
        #expect(other.cosignatures(in: Array(lines.utf8), by: keys) == [])
    }

    @Test(
        "Who must have signed",
        arguments: [
            ("quorum none\n", true), ("log LOG\nquorum none\n", true),
            ("witness a K1\nquorum a\n", true), ("witness a K3\nquorum a\n", false),
            ("witness a K1\nwitness b K2\nwitness c K3\ngroup g 2 a b c\nquorum g\n", true),
            ("witness a K1\nwitness b K2\nwitness c K3\ngroup g all a b c\nquorum g\n", false),
            ("witness a K1\nwitness c K3\ngroup g any a c\nquorum g\n", true),
            ("witness a K1\nwitness c K3\ngroup g any c\nquorum g\n", false),
            ("witness a K1\nwitness b K2\nwitness c K3\ngroup x any a c\ngroup y all x b\nquorum y\n", true),
            ("witness a K1\nwitness b K2\nwitness c K3\ngroup x all a c\ngroup y 1 x b\nquorum y\n", true),
            ("witness a K1\nwitness b K2\nwitness c K3\ngroup x all a c\ngroup y 2 x b\nquorum y\n", false),
            ("# who\n\n \t witness\ta  K1\thttps://a.example/ \n\t#\nlog  LOG  https://l.example\nquorum a\n", true),
            ("witness \u{c4} K1\nwitness A\u{308} K3\nquorum \u{c4}\n", true),
            ("witness \u{c4} K1\nwitness A\u{308} K3\nquorum A\u{308}\n", false),
        ])
    func met(_ text: String, _ isMet: Bool) throws {
        let policy = try policy(text)
        #expect(policy.judge(note).isMet == isMet)
        #expect(policy.judge(note.alone).isMet == text.contains("none"), "without a cosignature")
    }

    @Test("A checkpoint of a log that the policy does not name is refused for all its cosignatures")
    func otherLog() throws {
        let real = try policy("log LOG\nwitness a K1\nquorum a\n")
        #expect(real.judge(note).isMet)
        let stranger = VerifierKey(name: note.checkpoint.origin, key: try vectors.key(.author).publicKey)
        let other = try policy("log \(stranger)\nwitness a K1\nquorum a\n").judge(note)
        #expect(!other.isMet && other.hasQuorum && !other.isOfKnownLog)
        let named = VerifierKey(name: "devjournal/other", key: try vectors.key(.sequencer).publicKey)
        #expect(try !policy("log \(named)\nwitness a K1\nquorum a\n").judge(note).isMet)
        #expect(try policy("log \(stranger)\nlog LOG\nwitness a K1\nquorum a\n").judge(note).isMet)
    }

    @Test(
        "What is not a policy is refused, with its line",
        arguments: [
            ("", nil), ("witness a K1\n", nil), ("quorum none", 1), ("quorum none\r\n", 1), ("quorum\u{7f} none\n", 1),
            ("Quorum none\n", 1), ("quorum\n", 1), ("quorum a\n", 1), ("quorum none none\n", 1),
            ("quorum none\nquorum none\n", 2), ("quorum a\nwitness a K1\n", 1), ("witness a\nquorum a\n", 1),
            ("witness a K1 u u\nquorum a\n", 1), ("witness none K1\nquorum none\n", 1),
            ("witness a LOG\nquorum a\n", 1),
            ("witness a K1x\nquorum a\n", 1), ("witness a K1\nwitness b K1\nquorum a\n", 2),
            ("witness a K1\nwitness a K2\nquorum a\n", 2), ("log K1\nquorum none\n", 1), ("log\nquorum none\n", 1),
            ("log LOG\nlog LOG\nquorum none\n", 2), ("witness a K1\ngroup g any\nquorum g\n", 2),
            ("witness a K1\ngroup g 0 a\nquorum g\n", 2), ("witness a K1\ngroup g 2 a\nquorum g\n", 2),
            ("witness a K1\ngroup g 01 a\nquorum g\n", 2), ("witness a K1\ngroup g +1 a\nquorum g\n", 2),
            ("witness a K1\ngroup g most a\nquorum g\n", 2),
            ("witness a K1\ngroup g 99999999999999999999 a\nquorum g\n", 2),
            ("witness a K1\ngroup g any b\nquorum g\n", 2), ("witness a K1\ngroup g any g\nquorum g\n", 2),
            ("witness a K1\ngroup g any none\nquorum g\n", 2), ("witness a K1\ngroup a any a\nquorum a\n", 2),
            ("witness a K1\ngroup g any a a\nquorum g\n", 2),
            ("witness a K1\ngroup g any a\ngroup h any a\nquorum h\n", 3),
        ] as [(String, Int?)])
    func refused(_ text: String, _ line: Int?) throws {
        let error = #expect(throws: WitnessPolicyError.self) { _ = try policy(text) }
        #expect(error?.line == line)
    }

    @Test("A policy that no checkpoint can meet is refused, and one that sixteen can meet is not")
    func unmeetable() throws {
        func text(_ count: Int) -> String {
            let keys = (0..<20).map { number in
                var seed = SHA256.hash(Array("witness \(number)".utf8).span).bytes
                let key = Ed25519.SigningKey(seed: SecretBytes(moving: &seed)).publicKey
                return VerifierKey(name: "w\(number)", algorithm: .cosignature, key: key)
            }
            let names = keys.indices.map { "w\($0)" }
            return zip(names, keys).map { "witness \($0) \($1)\n" }.joined()
                + "group g \(count) \(names.joined(separator: " "))\nquorum g\n"
        }
        _ = try WitnessPolicy(parsing: Array(text(16).utf8))
        let error = #expect(throws: WitnessPolicyError.self) { _ = try WitnessPolicy(parsing: Array(text(17).utf8)) }
        #expect(error?.line == 22 && error?.what.contains("17 cosignatures") == true)
        #expect(throws: WitnessPolicyError.self) {
            _ = try WitnessPolicy(
                parsing: [UInt8](repeating: UInt8(ascii: "\n"), count: WitnessPolicy.maximumLength + 1))
        }
    }

    @Test("The newest deadline that can be believed says whether a server is silent")
    func standing() {
        func at(hours: Int) -> Timestamp { Timestamp(milliseconds: 1_800_000_000_000 + hours * 3_600_000) }
        let now = at(hours: 0)
        #expect(CheckpointDue.standing(of: [], at: now) == .unknown)
        #expect(CheckpointDue.standing(of: [at(hours: -2), at(hours: -1)], at: now) == .silent(since: at(hours: -1)))
        #expect(CheckpointDue.standing(of: [at(hours: -2), at(hours: 5)], at: now) == .awaited(at(hours: 5)))
        #expect(CheckpointDue.standing(of: [now], at: now) == .awaited(now))
        #expect(CheckpointDue.standing(of: [at(hours: 168)], at: now) == .awaited(at(hours: 168)))
        #expect(CheckpointDue.standing(of: [at(hours: 169)], at: now) == .mistrusted(at(hours: 169)))
        #expect(CheckpointDue.standing(of: [at(hours: 169), at(hours: -1)], at: now) == .silent(since: at(hours: -1)))
        #expect(CheckpointDue.standing(of: [.last, at(hours: 169)], at: now) == .mistrusted(at(hours: 169)))
    }
}
