import Age
import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Mirror
import ObjectStore

struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Bring the mirror up to the journal: artifacts, segments, manifests, checkpoint."
    )

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Flag(help: "Say what would be uploaded and change nothing.")
    var dryRun = false
    @Flag(help: "Make the mirror's directory where there is none (never needed for one that was there before).")
    var create = false
    @Flag(help: "Write the checkpoint again where the mirror has lost it and this journal is known to be right.")
    var restoreCheckpoint = false

    func run() throws {
        let configuration = try options.load(endpoint)
        let server = configuration.server
        let url = try configuration.mirrorURL()
        let reader = MirrorReader(
            store: try create ? configuration.newStore(url) : configuration.store(url),
            layout: MirrorLayout(dataset: configuration.dataset),
            identities: try AgeKeyFiles(server).read())
        if dryRun { return try describe(configuration, reader) }
        guard let lock = try FileLock.tryLock(server.mirrorLock) else {
            throw Complaint("another push is running", .failed)
        }
        if pathExists(server.unverifiedKit) {
            Terminal.warn("no copy of the recovery kit was verified yet: devjournal kit verify COPY")
        }
        let push = Push(
            reader, recipients: try recipients(configuration), root: server.root,
            restoresCheckpoint: restoreCheckpoint)
        var shown: ProgressReport?
        defer { shown?.finish() }
        let report = try push.run {
            try configuration.openJournal($0)
        } record: { command, journal in
            _ = try configuration.record(command, in: &journal)
        } progress: { entry in
            shown?.finish()
            Terminal.say("uploading \(entry.artifact.name), \(Terminal.bytes(entry.artifact.bytes))")
            let report = ProgressReport("uploading \(entry.artifact.name)", total: entry.artifact.bytes)
            shown = report
            return { report.reached(Int($0)) }
        }
        lock.unlock()
        show(report)
    }

    private func recipients(_ configuration: Configuration) throws -> [AgeRecipient] {
        var recipients: [AgeRecipient] = []
        for text in try configuration.openJournal(.resuming(.anything)).replay.readableState().recipients {
            recipients.append(try AgeRecipient(text))
        }
        guard !recipients.isEmpty else { throw Complaint("the journal names no age recipient", .refused) }
        return recipients
    }

    private func describe(_ configuration: Configuration, _ reader: MirrorReader) throws {
        let state = try configuration.state()
        let missing = Push(reader, recipients: [], root: configuration.server.root).missing(state)
        for entry in missing {
            Terminal.data("\(entry.artifact.name)\t\(entry.artifact.bytes)")
        }
        let bytes = missing.reduce(0) { $0 + $1.artifact.bytes }
        Terminal.say("\(missing.count) artifacts, \(Terminal.bytes(bytes)), and the journal would be uploaded")
    }

    private func show(_ report: PushReport) {
        let bytes = report.uploaded.reduce(0) { $0 + $1.bytes }
        if output.json {
            Terminal.json([
                "artifacts": .integer(report.uploaded.count), "bytes": .integer(bytes),
                "segments": .integer(report.segments),
                "checkpoint": (report.checkpoint?.checkpoint.size).map { .integer($0) } ?? .null,
            ])
        } else if let checkpoint = report.checkpoint?.checkpoint {
            Terminal.say(
                "\(report.uploaded.count) artifacts (\(Terminal.bytes(bytes))) uploaded; "
                    + "the mirror's checkpoint covers \(checkpoint.size) records")
        } else {
            Terminal.say("the mirror is up to date")
        }
    }
}
