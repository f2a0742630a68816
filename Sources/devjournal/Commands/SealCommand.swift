import ArgumentParser
import Artifacts
import Backup
import Digest
import Machines
import Months
import Restoring
import SystemPackage
import TreeHash

struct SealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Run a producer and seal what it sends into an artifact: zstd, age, SHA-256, one pass.",
        usage: """
            devjournal seal LABEL --type full|incr [--parent LABEL] --uuid UUID [--parent-uuid UUID] [--outbox] \
            -- COMMAND …
            """,
        discussion: """
            The producer's standard output must be a Btrfs send stream of the snapshot that was recorded. If the \
            producer fails, or the stream is not what was announced, nothing remains. The event is durable before the \
            artifact has its name. Prints the artifact's path.

            With --outbox, on a workstation whose server is another machine, the event goes into the outbox and the \
            next devjournal deliver sends it; the policy decides by the replica and what is pending. The recipients \
            are those of the workstation's own configuration (RECIPIENTS), and must be the journal's.

            seal does not begin if it expects that the artifact will not fit on the disk. The estimate: for an \
            incremental twice the largest of the last three; for an anchor the one before with its increments, and a \
            quarter more; for the first of all the size of its tree before compression; or what --expect-bytes says. \
            --ignore-space begins anyway.

            With --tree, the listing of an increment's tree is made from that of the month before and of what Btrfs says \
            was changed since; of the other files a twelfth is read again. Those that are not what they were are named, \
            with the command that brings them back. Where that cannot be done all is read, and it is said why.

            Exit status: 0 sealed, or there already · 1 a file of that name is not what was sealed · 2 failed: the \
            producer, its stream, the disk, or too little space · 6 refused: policy, another snapshot, other \
            recipients · 7 no snapshot, no key, no recipient, no pinned journal · 16 sealed, and \
            files of the source are damaged · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "full or incr.")
    var type: String
    @Option(help: "The label that an incremental starts from.")
    var parent: String?
    @Option(help: "The snapshot's UUID, which the stream must carry.")
    var uuid: String
    @Option(help: "The parent snapshot's UUID, which an incremental's stream must name.")
    var parentUuid: String?
    @Flag(
        help:
            "Make a full one because the snapshot that an incremental would start from is missing here; this is recorded."
    )
    var parentMissing = false
    @Option(
        help:
            "Make a full one because an increment would be wrong, as check-source --parent says; this text is recorded."
    )
    var unfitIncrement: String?
    @Flag(help: "Use the workstation's outbox: the journal is on another machine.")
    var outbox = false
    @Option(help: "The directory for the artifact (default: WS_STATE/spool).")
    var out: String?
    @Option(
        help: "The snapshot's directory: its tree is hashed meanwhile and the hash recorded, for restores to compare.")
    var tree: String?
    @Option(help: "Read the whole stream from this file, not from a producer.")
    var stream: String?
    @Option(help: "The most bytes that the artifact will have, if you know better than the estimate.")
    var expectBytes: Int?
    @Flag(help: "Begin even if it is not expected to fit on the disk.")
    var ignoreSpace = false
    @Argument(parsing: .postTerminator, help: "The producer, such as: btrfs send SNAPSHOT.")
    var producer: [String] = []

    func validate() throws {
        if producer.isEmpty, stream == nil { throw ValidationError("the producer is missing: put it after --") }
        if !producer.isEmpty, stream != nil { throw ValidationError("a producer or --stream, not both") }
        if let expectBytes, expectBytes < 0 { throw ValidationError("--expect-bytes is a number of bytes") }
        if (type == "incr") != (parent != nil) {
            throw ValidationError("--parent goes with --type incr, and only with it")
        }
        if (parent != nil) != (parentUuid != nil) { throw ValidationError("--parent and --parent-uuid go together") }
    }

    func run() async throws {
        let machine = try options.read()
        let ledger = try outbox ? WorkstationLedger.outbox(Workstation(machine)) : .journal(machine)
        let sealing = MonthSealing(
            .init(
                label: label, type: type, parent: parent, uuid: uuid, parentUUID: parentUuid,
                source: stream.map { .stream(FilePath($0)) } ?? .producer(producer),
                directory: out.map { FilePath($0) }, tree: tree.map { FilePath($0) }, expectedBytes: expectBytes,
                ignoresSpace: ignoreSpace, lacksParent: parentMissing, unfitIncrement: unfitIncrement),
            machine, ledger, snapshots: .ofThisMachine(machine),
            version: Devjournal.version)
        guard let place = try await sealing.run() else { return }
        Terminal.exact(place.string)
        let sealed = try ledger.state().sealed(machine.month(label))
        if sealed?.stream.listing?.damaged != nil { throw ExitCode(ExitStatus.sourceDamaged.rawValue) }
    }
}
