import Backup
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import SystemPackage

/// The server's part of the end of a handover: what has arrived is registered, the working copy follows, and the
/// workstation gets the records that tell of it.
struct ServedSettlement {
    private let configuration: Configuration
    private let author: KeyID

    init(_ configuration: Configuration, author: KeyID) {
        self.configuration = configuration
        self.author = author
    }

    private var server: ServerTree { configuration.server }

    /// What fails is told by its exit status in the report, and in words on standard error: the delivery is answered all
    /// the same.
    func run() async throws {
        // Read to its end before anything is done: the client must not be kept waiting with half a message.
        let input = OpenFile(adopting: .standardInput, path: "standard input")
        guard let line = try input.readLine(limit: SettlementRequest.longestLine, ServedClient.patience),
            let request = SettlementRequest(parsing: line, dataset: configuration.dataset)
        else { throw Complaint("this is not the end of a handover", hint: "devjournal month end makes one", .refused) }
        let state = try configuration.replay().readableState()
        var catalogues: [FilePath] = []
        defer { for catalogue in catalogues { try? removeFile(catalogue) } }
        for one in request.arrived {
            catalogues.append(try receiveCatalogue(of: one.name, bytes: one.catalogue, from: input, state))
        }
        let served = ServedDelivery(configuration)
        let delivery = try served.delivery(
            try input.readToEnd(limit: Delivery.maximumLength, ServedClient.patience))
        _ = input.surrender()

        var report = ServerReport()
        for (one, catalogue) in zip(request.arrived, catalogues) where report.register == 0 {
            report.register = await status { _ = try register(one.name, catalogue) }
        }
        if report.register == 0, let label = request.follow { report.follow = await status { try await follow(label) } }
        let answer = try served.answer(delivery)
        report.lacking = server.lacking(try configuration.replay().readableState())
        try served.send(report, answer)
    }

    /// The exit status of what is done.
    private func status(of work: () async throws -> Void) async -> Int {
        do {
            try await work()
            return 0
        } catch let failure as SaidElsewhere {
            return Int(failure.status)
        } catch {
            let complaint = Complaint(error)
            Terminal.report(complaint, asJSON: false)
            return Int(complaint.status.rawValue)
        }
    }

    /// The working copy follows the label.
    func follow(_ label: Label) async throws {
        guard configuration.updatesWorktree else { return Terminal.say("this server keeps no working copy") }
        let plan = try RestorePlan(label, try configuration.replay().readableState())
        let restore = ServerRestore(configuration)
        try await ClientWatch.run { _ = try await restore.run(plan) }
    }

    /// Its catalogue comes on standard input: one connection less, and no name that a workstation chooses.
    func register(_ name: ArtifactName, _ state: BackupState) throws {
        let announced = state.announced(name, by: author)
        let bytes = sealing(of: name, announced, state)?.stream.catalogue?.bytes ?? 0
        let input = OpenFile(adopting: .standardInput, path: "standard input")
        let catalogue = try receiveCatalogue(of: name, bytes: bytes, from: input, state)
        _ = input.surrender()
        defer { try? removeFile(catalogue) }
        Terminal.exact(try register(name, catalogue).localPath)
    }

    private func register(_ name: ArtifactName, _ catalogue: FilePath) throws -> BackupState.Entry {
        try requireQuota(name)
        return try ArtifactRegistration(configuration, for: author).run(
            name, from: server.incoming.appending(name.description), catalogue: catalogue)
    }

    /// Each artifact takes room, in the bucket for ever. One that is registered already takes no more.
    private func requireQuota(_ name: ArtifactName) throws {
        let journal = try configuration.openJournal()
        guard try journal.replay.readableState().entries[name.label] == nil,
            let recent = try journal.recentRecords().artifacts, recent.events >= configuration.quota.artifacts
        else { return }
        let again = Timestamp(milliseconds: recent.oldest.milliseconds + AuthorQuota.period)
        throw Complaint(
            "\(Plain.counted(recent.events, "artifact")) registered within a day is as many as may be "
                + "(AUTHOR_ARTIFACTS_PER_DAY)",
            hint: "it keeps: run it again from \(again) on", .incomplete)
    }

    private func sealing(
        of name: ArtifactName, _ announced: BackupEvent.Artifact?, _ state: BackupState
    ) -> BackupState.Sealing? {
        announced.flatMap { state.sealings(of: name, sha256: $0.sha256).first }
    }

    /// - Parameter bytes: that are to come: as many as were announced, or none.
    /// - Returns: where it is, or would be.
    private func receiveCatalogue(
        of name: ArtifactName, bytes: Int, from input: borrowing OpenFile, _ state: BackupState
    ) throws -> FilePath {
        // Several requests may come at once.
        let path = server.incoming.appending("\(name.label.catalogueName).\(getpid())")
        guard bytes > 0 else { return path }
        guard let sealing = sealing(of: name, state.announced(name, by: author), state),
            let sealed = sealing.stream.catalogue, sealed.bytes == bytes,
            bytes <= ArrivingCatalogue.limit(streamBytes: sealing.stream.bytes)
        else { throw Complaint("a catalogue of \(Plain.bytes(bytes)) is none of \(name)", .refused) }
        try makeDirectories(server.incoming, permissions: 0o700)
        try SpaceCheck.server(configuration).require(
            SpaceNeed("receiving \(name.label.catalogueName)", bytes: bytes), in: server.incoming)
        try ArrivingCatalogue.receive(sealed, as: path, from: input)
        return path
    }
}
