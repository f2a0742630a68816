import Age
import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Mirror
import ObjectStore
import RecoveryKit
import SystemPackage

struct RebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Write the projections anew by replaying the journal; after a wipe, bring the journal back first.",
        discussion: """
            With --check nothing is written: exit status 5 says that a projection is not what the journal says.
            With --from-mirror an empty server gets its keys, journal and projections from kit, passphrase and bucket, \
            and takes the journal over in a new epoch; the old server can then no longer write to the mirror.
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var passphrase: PassphraseOption
    @Flag(help: "Compare the projections with the journal and change nothing.")
    var check = false
    @Option(help: "Replay only up to this record.")
    var asOf: Int?
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
    @Option(help: "Record lines that a witness has, segments one after another: those the mirror lacks are adopted.")
    var witness: String?

    func validate() throws {
        if fromMirror, check || asOf != nil || to != nil {
            throw ValidationError("--from-mirror goes with neither --check, --as-of nor --to")
        }
        if !fromMirror, witness != nil { throw ValidationError("--witness goes with --from-mirror") }
        if fromMirror, kit == nil { throw ValidationError("--from-mirror needs --kit FILE") }
        if asOf != nil, to == nil, !check {
            throw ValidationError("--as-of needs --to DIR: manifests/ always shows the present")
        }
        if let asOf, asOf < 1 { throw ValidationError("--as-of takes a record's number, from 1 on") }
    }

    func run() throws {
        let configuration = try options.load()
        if fromMirror {
            try MirrorRebuild(configuration, mirror: mirror, head: head, witness: witness).run(
                kit: FilePath(kit ?? ""), passphrase: passphrase)
            return
        }
        let replay = try configuration.replay(upTo: asOf ?? .max)
        let state = try replay.readableState()
        if let asOf, state.seq != asOf {
            throw Complaint("there is no record \(asOf); the journal has \(state.seq)", .notFound)
        }
        let projections = to.map { ProjectionFiles(FilePath($0)) } ?? configuration.server.projections
        if check {
            try reportDrift(try projections.drift(from: state))
        } else {
            try makeDirectories(projections.directory)
            try projections.write(state)
            Terminal.say("replayed \(state.seq) records into \(projections.directory)")
        }
    }

    private func reportDrift(_ drift: [(path: FilePath, found: String)]) throws {
        if output.json {
            Terminal.json([
                "drift": .array(
                    drift.map { .object(["path": .string($0.path.string), "found": .string($0.found)]) })
            ])
        }
        if drift.isEmpty {
            Terminal.say("no drift: the projections are what the journal says")
            return
        }
        let found = drift.map { "\($0.path) \($0.found)" }.joined(separator: "; ")
        throw Complaint(
            "drift: \(found)", hint: "the journal is right; devjournal rebuild writes the projections anew", .drift)
    }
}
