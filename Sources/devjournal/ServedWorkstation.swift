import Artifacts
import Backup
import BackupJournal
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Machines
import Restoring
import SystemPackage

/// Answers what one workstation asks over ssh. What it may ask for is settled by `ServedRequest`; here is what its key
/// may get.
struct ServedWorkstation {
    private let machine: Machine
    private let author: KeyID
    private let session: ServedSession

    init(_ machine: Machine, author: KeyID, _ session: ServedSession) {
        self.machine = machine
        self.author = author
        self.session = session
    }

    private var server: ServerTree { machine.server }

    func answer(_ request: ServedRequest) async throws {
        let replay = try machine.replay()
        guard let key = replay.verifier.keyring[author], key.role == .author, key.retiredAt == nil else {
            throw Complaint(
                "the workstation's key \(author) is not enrolled", hint: "on the server: devjournal key list", .refused)
        }
        switch request {
        case .hello: try hello(replay)
        case .deliver: try ServedDelivery(machine).run()
        case .lines(let first): try sendLines(from: first)
        case .plan(let label): try plan(label, try replay.readableState())
        case .receive(let name, let words):
            try receive(name, words, try replay.readableState())
        case .register(let name): try register(name, try replay.readableState())
        case .follow(let label):
            guard machine.updatesWorktree else { return Terminal.say("this server keeps no working copy") }
            let plan = try RestorePlan(label, try replay.readableState())
            let restore = ServerRestore(machine, machine.rootSteps())
            try await ClientWatch.run { _ = try await restore.run(plan) }
        case .restore(let label, let after):
            try await RestoreRelease.ofThisProcess(machine).send(
                label, after: after, to: key, try replay.readableState())
        }
    }

    private func hello(_ replay: borrowing Replay) throws {
        let state = try replay.readableState()
        try ServedClient.answer([
            "version": .string(Devjournal.version), "dataset": .string(machine.dataset),
            "log": .string(replay.verifier.log?.description ?? "-"),
            "root": .string(try server.pinnedRoot()?.description ?? "-"), "size": .integer(replay.verifier.size),
            "latest": state.latest.map { .string($0.description) } ?? .null,
            "working_copy": .bool(machine.updatesWorktree),
        ])
    }

    private func sendLines(from first: Int) throws {
        // The journal's lock is free again before the first byte is sent.
        var lines = try machine.openJournal().durableLines(from: first)
        var client = ServedClient()
        while let piece = try lines.piece() { try client.send(piece) }
        try client.finish()
    }

    private func plan(_ label: Label?, _ state: BackupState) throws {
        let plan = try RestorePlan(try label ?? machine.label("latest", in: state), state)
        var object = plan.json
        object["steps"] = .array(plan.steps.map { .object(server.json($0)) })
        try ServedClient.answer(object)
    }

    /// Gives this process to rsync, which can reach nothing by the words it gets but one file in the directory that it
    /// starts in, and can write no more than was sealed. The lock is held for as long as it runs: two of them would
    /// append to the same file. Nothing is received that would be refused when it is there.
    private func receive(_ name: ArtifactName, _ words: [String], _ state: BackupState) throws {
        guard let sealed = state.announced(name, by: author) else {
            throw Complaint("nobody has said that \(name) was sealed", hint: "devjournal deliver, then again", .refused)
        }
        _ = try decide(
            .register(name, bytes: sealed.bytes, sha256: sealed.sha256), state,
            thisMonth: machine.thisMonth())
        let incoming = IncomingDirectory(server)
        try makeDirectories(server.incoming, permissions: 0o700)
        let lock = try incoming.lock(isPatient: false)
        try incoming.clear(state, keeping: name)
        let path = server.incoming.appending(sealed.name.description)
        var there = 0
        if pathExists(path) {
            let status = try path.stat(followTargetSymlink: false)
            guard status.type == .regular else {
                throw Complaint("\(path) is no file", hint: "remove it on the server", .refused)
            }
            there = Int(status.size)
        }
        // It is copied when it is registered; where files share their extents that takes no room.
        let copy = FreshCopy.takesRoom(in: server.incoming) ? sealed.bytes : 0
        let need = SpaceNeed("receiving \(sealed.name)", bytes: max(0, sealed.bytes - there) + copy)
        try SpaceCheck.server(machine).require(need, in: server.incoming)
        guard unsafe chdir(server.incoming.string) == 0 else {
            throw Complaint("cannot enter \(server.incoming): \(Errno(rawValue: errno))", .failed)
        }
        let most = rlim_t(sealed.bytes)
        var limit = rlimit(rlim_cur: most, rlim_max: most)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else {
            throw Complaint("cannot limit what is written: \(Errno(rawValue: errno))", .failed)
        }
        try lock.outliveProcess()
        try session.outliveProcess()
        try replaceProcess(["rsync"] + words)
    }

    /// Each artifact takes room, in the bucket for ever. One that is registered already takes no more.
    private func requireQuota(_ name: ArtifactName) throws {
        let journal = try machine.openJournal()
        guard try journal.replay.readableState().entries[name.label] == nil,
            let recent = try journal.recentRecords().artifacts, recent.events >= machine.quota.artifacts
        else { return }
        let again = Timestamp(milliseconds: recent.oldest.milliseconds + AuthorQuota.period)
        throw Complaint(
            "\(Plain.counted(recent.events, "artifact")) registered within a day is as many as may be "
                + "(AUTHOR_ARTIFACTS_PER_DAY)",
            hint: "it keeps: run it again from \(again) on", .incomplete)
    }

    /// The catalogue comes on standard input: one connection less, and no name that a workstation chooses.
    private func register(_ name: ArtifactName, _ state: BackupState) throws {
        try requireQuota(name)
        let path = server.incoming.appending(name.description)
        // Several requests may come at once.
        let catalogue = path.sibling("\(name.label.catalogueName).\(getpid())")
        defer { try? removeFile(catalogue) }
        if let announced = state.announced(name, by: author),
            let sealing = state.sealings(of: name, sha256: announced.sha256).first,
            let sealed = sealing.stream.catalogue
        {
            guard sealed.bytes <= ArrivingCatalogue.limit(streamBytes: sealing.stream.bytes) else {
                throw Complaint("a catalogue of \(Plain.bytes(sealed.bytes)) is none of that artifact", .refused)
            }
            try makeDirectories(server.incoming, permissions: 0o700)
            try SpaceCheck.server(machine).require(
                SpaceNeed("receiving \(name.label.catalogueName)", bytes: sealed.bytes), in: server.incoming)
            try ArrivingCatalogue.receive(sealed, as: catalogue)
        }
        let registration = ArtifactRegistration(machine, for: author)
        Terminal.exact(try registration.run(name, from: path, catalogue: catalogue).localPath)
    }
}

extension RestorePlan {
    var json: JSONObject {
        [
            "label": .string(label.description), "bytes": .integer(bytes),
            "steps": .array(steps.map { .object($0.json) }),
        ]
    }
}
