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
            The proof is complete in itself (C2SP tlog-proof, journal-format.md section 12): anybody who has the \
            root's fingerprint can check it with devjournal verify --proof FILE --root FINGERPRINT, without the \
            journal. It contains the record and the journal's key events. It uses the journal's checkpoint if that \
            covers the record; otherwise a new one is signed.
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "The journal's directory (default: LS_ROOT/journal, else the replica).")
    var journal: String?
    @Option(name: .customLong("from"), help: "The size of the older checkpoint from which the proof starts.")
    var older: Int?
    @Argument(help: "The record's sequence number.")
    var seq: Int?

    func validate() throws {
        guard (seq == nil) != (older == nil) else { throw ValidationError("name a record, or --from SIZE") }
        guard (seq ?? older ?? 0) >= 1 else { throw ValidationError("records and sizes count from 1") }
    }

    func run() throws {
        let machine = try journal == nil ? options.load() : options.read()
        let proof = try Proving(machine, named: journal).prove(seq.map { .record($0) } ?? .continues(older ?? 1))
        if output.json {
            Terminal.json([
                "record": seq.map { .integer($0) } ?? .null, "from": older.map { .integer($0) } ?? .null,
                "size": .integer(proof.checkpoint.checkpoint.size), "proof": .string(proof.text),
            ])
        } else {
            Terminal.exact(proof.text)
        }
    }
}
