import Digest
import Foundation
import JournalFormat
import Sodium

/// A proof has one spelling; what it shows under the root that is remembered stands in a journal that was signed; and
/// a proof that was made holds as long as nothing in it is changed.
///
/// The first byte is the mode. 0: the rest is a proof. 1: a proof is made of a fixture's journal; the bytes that follow
/// are the journal, its size, the record or the older size, the kind of proof, and what is changed: see `changed`.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzProof(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard let mode = input.first else { return 0 }
    if mode & 1 == 0 {
        let bytes = Array(input[1...])
        guard let proof = try? ProofFile(parsing: bytes) else { return 0 }
        require(Array(proof.text.utf8) == bytes, "a proof is written as it was read")
        _ = holds(proof, pinnedRoot: nil)
        _ = holds(proof, pinnedRoot: journals[0].root)
        return 0
    }
    guard input.count >= 8 else { return 0 }
    let journal = journals[Int(input[1]) % journals.count]
    let size = Int(input[2]) % journal.lines.count + 1
    let made = journal.proof(size: size, number: Int(input[3]) % size + 1, isInclusion: input[4] & 1 == 0)
    require(holds(made, pinnedRoot: nil), "a proof that was made holds")
    guard let read = try? ProofFile(parsing: Array(made.text.utf8)) else { fatalError("a proof cannot be read") }
    require(read == made, "a proof is read as it was made")
    let (proof, mustFail) = changed(made, of: journal, by: input[5], at: Int(input[6]), with: input[7])
    let isShown = holds(proof, pinnedRoot: journal.root)
    require(!mustFail || proof == made || !isShown, "a changed proof shows nothing")
    return 0
}

/// Checks a proof; what it shows under a remembered root must be so.
private func holds(_ proof: ProofFile, pinnedRoot: KeyID?) -> Bool {
    let heads = journals.flatMap(\.checkpoints)
    do throws(ProofCheckError) {
        let shown = try proof.check(
            pinnedRoot: pinnedRoot, heads: heads.filter { $0.checkpoint.log == proof.checkpoint.checkpoint.log })
        guard pinnedRoot != nil else { return true }
        require(shown.isRootPinned, "a pinned root is reported")
        require(journals.contains { $0.hasSigned(shown) }, "what is shown stands in a journal")
        return true
    } catch {
        require(!error.description.isEmpty, "a failure has words")
        return false
    }
}

/// A fixture's journal, with the checkpoint of each size.
private struct Fixture {
    var lines: [[UInt8]] = []
    var checkpoints: [SignedCheckpoint] = []
    private var keyEvents: Set<Int> = []
    let root: KeyID

    init(_ name: String) {
        guard let data = FileManager.default.contents(atPath: "fixtures/journals/\(name)/000000000001.jsonl") else {
            fatalError("run from the repository: there is no fixtures/journals/\(name)")
        }
        var verifier = Verifier()
        for text in data.split(separator: UInt8(ascii: "\n")) {
            let line = Array(text) + [UInt8(ascii: "\n")]
            guard let layout = try? verifier.accept(line.span),
                let event = try? layout.event.event(in: line.span), let checkpoint = verifier.checkpoint(),
                let id = verifier.keyring.sequencer, let key = fixtureKeys["\(id)"]
            else { fatalError("the fixture \(name) is not sound") }
            lines.append(line)
            checkpoints.append(SignedCheckpoint(checkpoint, due: .last, signedBy: key.key))
            if event.isKeyEvent { keyEvents.insert(lines.count) }
        }
        guard let root = verifier.root else { fatalError("the fixture \(name) is empty") }
        self.root = root
    }

    func proof(size: Int, number: Int, isInclusion: Bool) -> ProofFile {
        var prover =
            isInclusion
            ? MerkleProver(inclusionOf: number - 1, size: size) : MerkleProver(consistencyFrom: number, to: size)
        var hasher = SHA256()
        for line in lines[..<size] { prover.append(line.span, &hasher) }
        let carried = (1...size).filter { keyEvents.contains($0) || (isInclusion && $0 == number) }
        return ProofFile(
            isInclusion ? .inclusion(index: number - 1) : .consistency(from: number), path: prover.path(),
            lines: carried.map { lines[$0 - 1] }, checkpoint: checkpoints[size - 1])
    }

    func hasSigned(_ shown: ShownProof) -> Bool {
        func isOurs(_ head: SignedCheckpoint) -> Bool { checkpoints.contains { $0.checkpoint == head.checkpoint } }
        guard isOurs(shown.checkpoint) else { return false }
        if let record = shown.record {
            guard record.seq <= shown.checkpoint.checkpoint.size else { return false }
            let line = lines[record.seq - 1]
            return SHA256.hash(line.span) == record.hash
        }
        return shown.older.map(isOurs) ?? false
    }
}

private let journals = ["good-month", "good-two-epochs", "good-roots", "good-authors"].map { Fixture($0) }

/// The proof with one thing changed, and whether it then must show nothing. Lines that are left out may not have been
/// needed, so of these only what `holds` requires is asked.
private func changed(
    _ proof: ProofFile, of journal: Fixture, by step: UInt8, at place: Int, with bits: UInt8
) -> (ProofFile, mustFail: Bool) {
    var (statement, path, lines, checkpoint) = (proof.statement, proof.path, proof.lines, proof.checkpoint)
    var mustFail = true
    switch step % 8 {
    case 0 where !path.isEmpty:
        var bytes = path[place % path.count].bytes
        bytes[Int(bits & 31)] ^= 1 << (bits >> 5)
        path[place % path.count] = SHA256Digest(bytes) ?? SHA256Digest()
    case 1 where !path.isEmpty:
        path.remove(at: place % path.count)
    case 2:
        path.insert(
            path.isEmpty ? checkpoint.checkpoint.root : path[Int(bits) % path.count], at: place % (path.count + 1))
    case 3:
        let number = place % 2 == 0 ? Int(bits) : Int.max - Int(bits)
        switch statement {
        case .inclusion: statement = .inclusion(index: number)
        case .consistency: statement = .consistency(from: max(1, number))
        }
    case 4:
        // What a sequencer could sign, but did not.
        let old = checkpoint.checkpoint
        var root = old.root.bytes
        root[Int(bits & 31)] ^= 1 << (bits >> 5)
        let new = Checkpoint(
            log: old.log, epoch: old.epoch, size: old.size, root: SHA256Digest(root) ?? old.root, head: old.head)
        if let key = fixtureKeys.values.first(where: { checkpoint.isSigned(by: $0.publicKey) && $0.role == .sequencer })
        {
            checkpoint = SignedCheckpoint(new, due: checkpoint.due, signedBy: key.key)
        }
    case 5:
        lines.insert(journal.lines[Int(bits) % journal.lines.count], at: place % (lines.count + 1))
        mustFail = lines.count == Set(lines).count ? false : true
    case 6 where !lines.isEmpty:
        lines.remove(at: place % lines.count)
        mustFail = false
    case 7 where !lines.isEmpty:
        let index = place % lines.count
        lines[index][Int(bits) % lines[index].count] ^= 1
    default:
        break
    }
    return (ProofFile(statement, path: path, lines: lines, checkpoint: checkpoint), mustFail)
}
