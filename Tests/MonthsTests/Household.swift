import Artifacts
import Backup
import HandMadeStreams
import JournalFormat
import Machines
import Months
import Restoring
import ScratchSpace
import Sealing
import Synchronization
import SystemPackage
import TestMachines
import TestServing

/// A workstation and its server, which it reaches by what stands for ssh. Snapshots are plain directories and their send
/// streams made by hand; everything else is real: sealing, outbox, replica, deliveries, the server's journal.
final class Household: Sendable {
    private struct State {
        var taken: [Label: [UInt8]] = [:]
        var sent: [String] = []
        var asked: [String] = []
        var unfit: SourceError?
        var isReachable = true
        var listed: [Listed] = []
        var damaged: [TreeListing.DamagedFile] = []
        var refusal: String?
        var kernel = "6.18"
        var streamVersion = 2
        var versions: [Int] = []
    }

    /// What was asked of a listing.
    struct Listed: Equatable {
        var name: String
        var month: Int
        var parent: String?
        /// The parent's, and what the journal says is its hash.
        var listing: String?
        var tree: String?
    }

    let asked: AskedServer
    let workstation: TestMachine
    private let state: Shared

    private final class Shared: Sendable {
        let value = Mutex(State())
    }

    /// - Parameter settings: lines of the workstation's configuration.
    init(_ settings: [String] = [], server: [String] = []) throws {
        let asked = try AskedServer(server)
        let state = Shared()
        let programs = AnsweringPrograms(
            { program, words in
                // `btrfs subvolume show`
                guard program == "btrfs", words.first == "subvolume",
                    let name = FilePath(words.last ?? "").lastComponent,
                    let label = Label(name.string), let uuid = state.value.withLock({ $0.taken[label] })
                else { return nil }
                return ProgramOutput(exitCode: 0, output: "\tUUID: \t\(uuidText(uuid))\n\tFlags: \treadonly\n")
            },
            exchange: { command, message in
                guard state.value.withLock({ $0.isReachable }) else { return .init(bytes: [], status: .exited(255)) }
                state.value.withLock { $0.asked.append(command.last ?? "") }
                return await asked.overSSH(command, message)
            })
        (self.asked, self.state) = (asked, state)
        workstation = try asked.server.workstation(settings, programs: programs)
    }

    var server: TestMachine { asked.server }
    var machine: Machine { workstation.machine }
    /// The send commands' operands: a label, or a label and its parent.
    var sent: [String] { state.value.withLock(\.sent) }
    /// What the server was asked over ssh.
    var requests: [String] { state.value.withLock(\.asked) }
    func reach(_ isReachable: Bool) { state.value.withLock { $0.isReachable = isReachable } }
    /// From now on an increment would lose that.
    func makeUnfit(_ error: SourceError) { state.value.withLock { $0.unfit = error } }
    /// What was asked to be listed, in this order.
    var listed: [Listed] { state.value.withLock(\.listed) }
    /// The listing of a label's snapshot.
    static func listing(_ label: Label) -> String { "the listing of \(label)\n" }
    func damages(_ files: [TreeListing.DamagedFile]) { state.value.withLock { $0.damaged = files } }
    /// From now on Btrfs cannot say what was changed, for that reason.
    func cannotSayWhatChanged(_ word: String) { state.value.withLock { $0.refusal = word } }
    /// The versions in which streams were asked for.
    var versions: [Int] { state.value.withLock(\.versions) }
    /// The newest one that the workstation can make.
    func sends(_ version: Int) { state.value.withLock { $0.streamVersion = version } }
    func runs(kernel: String) { state.value.withLock { $0.kernel = kernel } }
    func uuid(_ label: Label) -> String? { state.value.withLock { $0.taken[label] }.map(uuidText) }

    func run(_ month: String, _ wishes: MonthRun.Wishes = .init(isWhole: true)) throws -> MonthRun {
        try MonthRun(TestMachine.label(month), machine, wishes, version: "test", work(on: machine))
    }

    /// What a month's snapshots are here.
    ///
    /// - Parameter places: throws where root could be steered.
    func work(on machine: Machine, places: @escaping @Sendable () throws -> Void = {}) -> SnapshotWork {
        SnapshotWork(
            requirePlaces: places,
            take: { [self] label, isDry in try take(label, isDry, machine) },
            check: { [self] label, _ in try require(label) },
            requireFit: { [self] _, _ in if let unfit = state.value.withLock({ $0.unfit }) { throw unfit } },
            streamVersion: { [self] in state.value.withLock(\.streamVersion) },
            send: { [self] path, parent, version in
                state.value.withLock { $0.versions.append(version) }
                return send(path, parent)
            },
            sealing: .init(
                uuid: { [self] path in path.lastComponent.flatMap { Label($0.string) }.flatMap(uuid) },
                list: { [self] request, listing in try list(request, into: listing) },
                kernel: state.value.withLock(\.kernel)))
    }

    private func list(_ request: TreeListingRequest, into listing: SpooledText) throws -> TreeListing {
        let name = request.snapshot.lastComponent?.string ?? ""
        var before: [UInt8] = []
        try request.parent?.listing.read { for index in $0.indices { before.append($0[index]) } }
        let listed = Listed(
            name: name, month: request.month, parent: request.parent?.snapshot.lastComponent?.string,
            listing: request.parent.map { _ in String(decoding: before, as: UTF8.self) }, tree: request.parent?.tree)
        let text = Label(name).map(Self.listing) ?? ""
        listing.append(text.utf8)
        return state.value.withLock { state in
            state.listed.append(listed)
            return TreeListing(
                tree: TestMachine.sha256(text), why: state.refusal, damaged: request.parent == nil ? [] : state.damaged)
        }
    }

    struct NotTaken: Error {}

    private func require(_ label: Label) throws -> String {
        guard let uuid = uuid(label) else { throw NotTaken() }
        return uuid
    }

    private func take(_ label: Label, _ isDry: Bool, _ machine: Machine) throws -> SnapshotTaking.Outcome {
        let path = machine.snapshots.appending(label.description)
        if let uuid = uuid(label), contents(path.appending("file")) != nil, try machine.state().isSnapshot(label, uuid)
        {
            return .recorded
        }
        if isDry { return .wouldTake(path) }
        let bytes = state.value.withLock { state in
            let bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
            state.taken[label] = bytes
            return bytes
        }
        try plant(path.appending("file"))
        return .taken(["uuid": .string(uuidText(bytes)), "path": .string(path.string)])
    }

    private func send(_ path: FilePath, _ parent: FilePath?) -> [String] {
        let labels = [path, parent].compactMap { $0?.lastComponent.flatMap { Label($0.string) } }
        let uuids = state.value.withLock { state in
            state.sent.append(labels.map(\.description).joined(separator: " "))
            return labels.map { state.taken[$0] }
        }
        let stream = HandMadeStream.whole(
            name: labels[0].description, uuid: uuids[0] ?? [], parent: uuids.count > 1 ? uuids[1] : nil)
        let file = workstation.folder.appending("stream")
        guard (try? plant(file, stream.bytes)) != nil else { return ["false"] }
        return ["cat", file.string]
    }

    /// What rsync does.
    func bring(_ files: [FilePath]) throws {
        for file in files {
            guard let name = file.lastComponent, let bytes = contents(file) else { throw NotTaken() }
            try plant(server.server.incoming.appending(name), bytes)
        }
    }

    /// A month from its beginning to its end.
    func hand(_ month: String) async throws {
        let run = try run(month)
        let steps = try await run.begin()
        try bring(steps.files)
        _ = try await run.end(steps.files, follow: steps.follows)
    }
}

private func uuidText(_ bytes: [UInt8]) -> String { SubvolumeUUID(bytes)?.description ?? "" }
