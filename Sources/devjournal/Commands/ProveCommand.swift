import ArgumentParser
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct ProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Print a proof: that a record is in the journal, or that a checkpoint continues an older one.",
        discussion: """
            The proof stands alone (C2SP tlog-proof, journal-format.md section 12): everybody who has the root's \
            fingerprint checks it with devjournal verify --proof FILE --root FINGERPRINT, without the journal. It \
            carries the record and the journal's key events. The journal's checkpoint is used where it covers the \
            record, else a new one is signed.
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "The journal's directory (default: LS_ROOT/journal, else the replica).")
    var journal: String?
    @Option(name: .customLong("from"), help: "The size of an older checkpoint, which the proof is to start from.")
    var older: Int?
    @Argument(help: "The record's sequence number.")
    var seq: Int?

    func validate() throws {
        guard (seq == nil) != (older == nil) else { throw ValidationError("name a record, or --from SIZE") }
        guard (seq ?? older ?? 0) >= 1 else { throw ValidationError("records and sizes count from 1") }
    }

    func run() throws {
        let machine = try journal == nil ? options.load() : options.read()
        let readable = try ReadableJournal(machine, named: journal)
        let covered = seq ?? older ?? 1
        let size: Int
        var checkpoint: SignedCheckpoint?
        do {
            let replay = try readable.replay()
            size = replay.verifier.size
            checkpoint = replay.checkpoint
        }
        guard covered <= size else {
            throw Complaint("there is no record \(covered); the journal has \(size)", .notFound)
        }
        if checkpoint.map({ $0.checkpoint.size < covered || (older != nil && $0.checkpoint.size == covered) }) ?? true {
            guard journal == nil, readable.replica == nil, pathExists(machine.server.sequencerKey) else {
                throw Complaint(
                    "the last checkpoint covers \(checkpoint?.checkpoint.size ?? 0) records, too few",
                    hint: "devjournal checkpoint on the server signs a new one", .notFound)
            }
            checkpoint = try machine.openJournal().writeCheckpoint()
        }
        guard let checkpoint else { return }
        let proof = try proof(readable, checkpoint)
        if output.json {
            Terminal.json([
                "record": seq.map { .integer($0) } ?? .null, "from": older.map { .integer($0) } ?? .null,
                "size": .integer(proof.checkpoint.checkpoint.size), "proof": .string(proof.text),
            ])
        } else {
            Terminal.exact(proof.text)
        }
    }

    private func proof(_ journal: ReadableJournal, _ checkpoint: SignedCheckpoint) throws -> ProofFile {
        let size = checkpoint.checkpoint.size
        var prover: MerkleProver
        let statement: ProofFile.Statement
        if let seq {
            statement = .inclusion(index: seq - 1)
            prover = MerkleProver(inclusionOf: seq - 1, size: size)
        } else {
            statement = .consistency(from: older ?? size)
            prover = MerkleProver(consistencyFrom: older ?? size, to: size)
        }
        var lines: [[UInt8]] = []
        var hasher = SHA256()
        _ = try journal.replay(upTo: size) { record, line in
            prover.append(line, &hasher)
            if record.seq == seq || record.event.isKeyEvent { lines.append(Array(copying: line)) }
        }
        return ProofFile(statement, path: prover.path(), lines: lines, checkpoint: checkpoint)
    }
}
