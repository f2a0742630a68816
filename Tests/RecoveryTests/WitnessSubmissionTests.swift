import BackupJournal
import Digest
import JournalFormat
import JournalStore
import Machines
import Recovery
import ScratchSpace
import Sodium
import TestMachines
import Testing

/// A witness as C2SP describes it, without the network.
private final class TestWitness: WitnessService {
    private let seed: [UInt8]
    let key: VerifierKey
    /// Whose checkpoints it takes; its operator may enter another one.
    var log: Ed25519.PublicKey
    private(set) var latest: (size: Int, root: SHA256Digest)?
    private(set) var requests: [String] = []
    /// Told before each answer, and may give another one.
    var interfering: (Int) throws -> WitnessAnswer? = { _ in nil }
    var time = 1_800_000_000

    init(_ name: String, for log: Ed25519.PublicKey) throws {
        seed = SHA256.hash(Array(name.utf8).span).bytes
        var own = seed
        key = VerifierKey(
            name: name, algorithm: .cosignature, key: Ed25519.SigningKey(seed: SecretBytes(moving: &own)).publicKey)
        self.log = log
    }

    var place: WitnessSubmission.Place {
        get throws { try WitnessSubmission.Place(url: "https://\(key.name)/", key: key.description) }
    }

    func post(_ body: [UInt8], to url: String) throws(WitnessSubmissionError) -> WitnessAnswer {
        requests.append(String(decoding: body, as: UTF8.self))
        do {
            if let other = try interfering(requests.count) { return other }
            return try answer(String(decoding: body, as: UTF8.self))
        } catch let error as WitnessSubmissionError {
            throw error
        } catch {
            throw .outOfReach(url, "\(error)")
        }
    }

    private func answer(_ text: String) throws -> WitnessAnswer {
        let end = try #require(text.firstRange(of: "\n\n"))
        let head = text[..<end.lowerBound].split(separator: "\n")
        let old = try #require(Int(head[0].dropFirst(4)))
        let note = try SignedCheckpoint(note: Array(text[end.upperBound...].utf8))
        guard note.isSigned(by: log) else { return WitnessAnswer(status: 403) }
        guard old == latest?.size ?? 0 else {
            return WitnessAnswer(
                status: 409, contentType: "text/x.tlog.size", body: Array("\(latest?.size ?? 0)\n".utf8))
        }
        if let latest {
            let path = try head.dropFirst().map { line in
                try #require(Base64.decode(String(line), count: 32).flatMap { SHA256Digest($0) })
            }
            let proof = ConsistencyProof(from: old, to: note.checkpoint.size, path: path)
            guard proof.isValid(first: latest.root, second: note.checkpoint.root) else {
                return WitnessAnswer(status: latest.size == note.checkpoint.size ? 409 : 422)
            }
        } else if head.count > 1 {
            return WitnessAnswer(status: 422)
        }
        latest = (note.checkpoint.size, note.checkpoint.root)
        return WitnessAnswer(status: 200, body: Array(cosignature(of: note.text).utf8))
    }

    func cosignature(of text: String) -> String {
        var own = seed
        let signing = Ed25519.SigningKey(seed: SecretBytes(moving: &own))
        let bytes = (0..<8).reversed().map { UInt8(truncatingIfNeeded: time >> (8 * $0)) }
        let signature = signing.sign(Array("cosignature/v1\ntime \(time)\n\(text)".utf8).span)
        return NoteSignature(by: key, bytes + signature).line + "\n"
    }
}

@Suite("A checkpoint for a witness elsewhere")
struct WitnessSubmissionTests {
    private let rescued: RescuedServer
    private let witness: TestWitness

    init() throws {
        rescued = try RescuedServer(isMirrored: true)
        witness = try TestWitness("witness.example/w1", for: try Self.sequencer(rescued.machine))
    }

    private static func sequencer(_ machine: Machine) throws -> Ed25519.PublicKey {
        try #require(try KeyFile.read(machine.server.sequencerKey, role: .sequencer)).publicKey
    }

    private func submit() throws -> SignedCheckpoint {
        try WitnessSubmission(rescued.machine, witness).submit(to: witness.place)
    }

    private func refusal() -> WitnessSubmissionError? {
        do { _ = try submit() } catch { return error as? WitnessSubmissionError }
        return nil
    }

    private func kept() throws -> SignedCheckpoint {
        try SignedCheckpoint(note: try #require(contents(rescued.machine.server.journal.checkpointPath)))
    }

    @Test("it is cosigned, kept with the checkpoint, and no record leaves; then what is new is shown to continue it")
    func cosigned() throws {
        try rescued.note("a secret")
        let first = try submit()
        #expect(first.cosigned(by: witness.key) == witness.time)
        #expect(try kept() == first)
        #expect(witness.requests.count == 1 && witness.requests[0] == "old 0\n\n\(first.alone.note)")
        try rescued.note("one")
        try rescued.note("two")
        let second = try submit()
        #expect(witness.latest?.size == (try rescued.size))
        #expect(second.cosigned(by: witness.key) != nil && second.checkpoint.size == first.checkpoint.size + 2)
        // Of one head again: nothing is proven, and the newer cosignature is kept.
        witness.time += 60
        #expect(try submit().cosigned(by: witness.key) == witness.time)
        #expect(try kept().signatures.count == 2)
        #expect(witness.requests.allSatisfy { !$0.contains("secret") && !$0.contains("{") })
    }

    @Test("after a rotation and a rebuild the witness continues, once it was given the new key")
    func newKeys() throws {
        try rescued.note()
        try rescued.push()
        _ = try submit()
        try EpochChange(rescued.machine, kit: rescued.kit, passphrase: typing()).changeSequencer(reason: "a test")
        #expect(refusal() == .unknownKey("https://witness.example/w1"))
        witness.log = try Self.sequencer(rescued.machine)
        let rotated = try submit()
        #expect(rotated.checkpoint.epoch == 2 && rotated.cosigned(by: witness.key) != nil)
    }

    @Test("a journal that was set back or goes another way is refused, and that is said")
    func otherHistory() throws {
        let before = rescued.server.folder.appending("before")
        try rescued.note("one")
        try copyJournal(of: rescued, to: before)
        try rescued.note("two")
        let size = try rescued.size
        _ = try submit()
        try removeTree(rescued.machine.server.journal.path)
        try copyJournal(at: before, to: rescued.machine.server.journal.path)
        #expect(refusal() == .rolledBack("https://witness.example/w1", cosigned: size, size: size - 1))
        #expect(refusal()?.kind == .damaged)
        try rescued.note("another two")
        #expect(refusal() == .forked("https://witness.example/w1", cosigned: size))
        try rescued.note("another three")
        #expect(refusal() == .forked("https://witness.example/w1", cosigned: size))
        #expect(try kept().signatures.count == 1)
    }

    @Test("what is not a cosignature of this checkpoint by that witness is not kept")
    func strangeAnswers() throws {
        let other = try TestWitness("witness.example/w2", for: witness.log)
        let note = try rescued.machine.openJournal(.reading).writeCheckpoint()
        let elsewhere = note.text.replacing("devjournal/", with: "devjournal/x")
        let own = try #require(note.signatures.first)
        for body in [
            "", "\n", "hello\n", other.cosignature(of: note.text), witness.cosignature(of: elsewhere), own.line + "\n",
            "\u{2014} witness.example/w1 AAAAAAE=\n",
        ] {
            witness.interfering = { _ in WitnessAnswer(status: 200, body: Array(body.utf8)) }
            #expect(refusal() == .notCosigned("https://witness.example/w1", witness.key), "\(body)")
        }
        #expect(try kept() == note)
        witness.interfering = { [witness] _ in
            WitnessAnswer(
                status: 200, body: Array((other.cosignature(of: note.text) + witness.cosignature(of: note.text)).utf8))
        }
        #expect(try submit().signatures.map(\.name) == [note.checkpoint.origin, "witness.example/w1"])
    }

    @Test("other statuses and sizes that make no sense end it, and nothing is asked for ever")
    func strangeStatuses() throws {
        let url = "https://witness.example/w1"
        let size = try rescued.size
        func told(_ status: Int, _ type: String? = nil, _ body: String = "") -> WitnessSubmissionError? {
            witness.interfering = { _ in WitnessAnswer(status: status, contentType: type, body: Array(body.utf8)) }
            return refusal()
        }
        #expect(told(404) == .unknownLog(url))
        for status in [100, 301, 400, 418, 500, 503] { #expect(told(status) == .strange(url, status: status)) }
        for body in ["", "1", "01\n", "-1\n", "x\n", "1\n\n", "99999999999999999999\n"] {
            #expect(told(409, "text/x.tlog.size", body) == .strange(url, status: 409), "\(body)")
        }
        #expect(told(409, "text/plain", "1\n") == .strange(url, status: 409))
        #expect(told(409, "text/x.tlog.size", "\(size + 7)\n") == .rolledBack(url, cosigned: size + 7, size: size))
        // given: a witness whose size changes each time
        witness.interfering = { count in
            WitnessAnswer(
                status: 409, contentType: "text/x.tlog.size; charset=utf-8", body: Array("\(count % 2 + 1)\n".utf8))
        }
        let before = witness.requests.count
        #expect(refusal() == .overtaken(url))
        #expect(witness.requests.count == before + 4)
    }

    @Test("of several witnesses one out of reach keeps none of the others from cosigning")
    func several() throws {
        let second = try TestWitness("witness.example/w2", for: witness.log)
        struct Both: WitnessService {
            let services: [String: TestWitness]

            func post(_ body: [UInt8], to url: String) throws(WitnessSubmissionError) -> WitnessAnswer {
                guard let service = services[url] else { throw .outOfReach(url, "down") }
                return try service.post(body, to: url)
            }
        }
        let both = Both(services: [
            "https://witness.example/w1/add-checkpoint": witness, "https://witness.example/w2/add-checkpoint": second,
        ])
        let third = try TestWitness("witness.example/w3", for: witness.log)
        let text = """
            witness a \(witness.key) https://witness.example/w1
            witness b \(third.key) https://witness.example/w3/
            witness c \(second.key) http://witness.example/w2/
            witness d \(try TestWitness("w4", for: witness.log).key)
            group g 2 a b c d
            quorum g

            """.replacing("http://", with: "https://")
        let policy = try WitnessPolicy(parsing: Array(text.utf8))
        let round = try WitnessSubmission(rescued.machine, both).submit(
            toAll: WitnessSubmission.Place.all(of: policy, "p"))
        #expect(round.failures == [.outOfReach("https://witness.example/w3/add-checkpoint", "down")])
        let note = try #require(round.note)
        #expect(policy.judge(note).isMet && policy.judge(note).cosigners.count == 2)
        #expect(try kept() == note)
        let nobody = try WitnessPolicy(parsing: Array("witness a \(witness.key)\nquorum a\n".utf8))
        #expect(throws: WitnessSubmissionError.noWitness("p")) { _ = try WitnessSubmission.Place.all(of: nobody, "p") }
    }

    @Test("a checkpoint that was replaced meanwhile keeps no cosignature of the one before")
    func overtaken() throws {
        try rescued.note("one")
        witness.interfering = { [rescued] _ in
            try rescued.note("meanwhile")
            _ = try rescued.machine.openJournal(.reading).writeCheckpoint()
            return nil
        }
        let cosigned = try submit()
        #expect(cosigned.cosigned(by: witness.key) != nil)
        #expect(try kept().checkpoint.size == cosigned.checkpoint.size + 1)
        #expect(try kept().signatures.count == 1)
    }

    @Test(
        "a place has a URL and a key for cosignatures",
        arguments: ["", "ftp://a", "https:/a", "https://a b", "https://a\n", "witness.example/w1", "file:///etc"])
    func places(_ url: String) throws {
        let key = witness.key.description
        #expect(throws: WitnessSubmissionError.noURL(url)) { _ = try WitnessSubmission.Place(url: url, key: key) }
        let sequencer = VerifierKey(name: "a", key: witness.log).description
        for text in ["", "x", sequencer] {
            #expect(throws: WitnessSubmissionError.noKey(text)) {
                _ = try WitnessSubmission.Place(url: "https://a", key: text)
            }
        }
    }
}
