import ArgumentParser
import Backup
import Digest
import JournalFormat
import JournalStore
import Machines
import Recovery
import SystemPackage

struct RebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Write the projections again by replaying the journal; after a wipe, bring the journal back first.",
        discussion: """
            With --check nothing is written: exit status 5 says that a projection is not what the journal says. \
            --as-of takes a record's number or a time (2026-01-31, the whole day, UTC; RFC 3339; or an age: 30d) and \
            replays up to the last record of that time. --explain says what the rebuild needed, what it read and what \
            is missing, also when it cannot be done.
            With --from-mirror an empty server gets its keys, journal and projections from kit, passphrase and \
            bucket, and takes the journal over in a new epoch; the old server can then no longer write to the mirror. \
            From a kit with several data sets it takes the configuration's: run it with the configuration of each.

            Exit status: 0 done · 1 damaged or forged · 2 failed · 5 drift (--check) · 6 refused · 7 no journal, no \
            such record, nothing mirrored · 8 wrong passphrase · 9 the mirror cannot be reached · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @OptionGroup var passphrase: PassphraseOption
    @Flag(help: "Compare the projections with the journal and change nothing.")
    var check = false
    @Option(help: ArgumentHelp("Replay only up to this record, or up to this time.", valueName: "seq|time"))
    var asOf: String?
    @Flag(help: "Say what was needed, what was consulted and what is missing.")
    var explain = false
    @Option(help: "Write the projections into this directory (default: LS_ROOT/manifests).")
    var to: String?
    @Flag(help: "Bring keys and journal back from kit and mirror.")
    var fromMirror = false
    @Option(help: "The mirror's URL (default: MIRROR, else what the kit says).")
    var mirror: String?
    @Option(help: "The recovery kit.")
    var kit: String?
    @Option(help: "A file of signed checkpoints that a witness remembers: shows a mirror that was rolled back.")
    var head: String?
    @Option(
        help: "Record lines that a witness has, segments one after another: those that the mirror lacks are adopted.")
    var witness: String?

    func validate() throws {
        if fromMirror, check || asOf != nil || to != nil {
            throw ValidationError("--from-mirror goes with neither --check, --as-of nor --to")
        }
        if !fromMirror, [witness, kit, mirror, head].contains(where: { $0 != nil }) {
            throw ValidationError("--kit, --mirror, --head and --witness go with --from-mirror")
        }
        if fromMirror, kit == nil { throw ValidationError("--from-mirror needs --kit FILE") }
        if asOf != nil, to == nil, !check {
            throw ValidationError("--as-of needs --to DIR: manifests/ always shows the present")
        }
        if let asOf, Int(asOf) ?? 1 < 1 { throw ValidationError("--as-of takes a record's number, from 1 on") }
    }

    func run() throws {
        let machine = try options.load(endpoint)
        if fromMirror {
            let rebuilt = try MirrorRebuild(machine, mirror: mirror, head: head, witness: witness).run(
                kit: FilePath(kit ?? ""), passphrase: passphrase.ofKit())
            return Terminal.data("\(rebuilt.committed.size) \(rebuilt.committed.head)")
        }
        let explanation = explain ? try RebuildExplanation(machine) : nil
        if let explanation, !explanation.canRebuild {
            explanation.show(asJSON: output.json, records: nil)
            throw JournalError.missing(machine.server.journal.path)
        }
        let rebuild = ProjectionRebuild(machine, to: to.map { FilePath($0) })
        let state = try rebuild.state(asOf: asOf)
        if check { try report(try rebuild.drift(from: state)) } else { try rebuild.write(state) }
        explanation?.show(asJSON: output.json, records: state.seq)
    }

    private func report(_ drift: [(path: FilePath, found: String)]) throws {
        if output.json && !explain {
            Terminal.json([
                "drift": .array(
                    drift.map { .object(["path": .string($0.path.string), "found": .string($0.found)]) })
            ])
        }
        guard !drift.isEmpty else { return Terminal.say("no drift: the projections are what the journal says") }
        throw RebuildError.drift(drift.map { "\($0.path) \($0.found)" }.joined(separator: "; "))
    }
}
