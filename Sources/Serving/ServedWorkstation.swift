import Artifacts
package import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import Restoring

/// Answers what one workstation asks over ssh. What it may ask for is settled by `ServedRequest`; here is what its key
/// may get.
package struct ServedWorkstation {
    /// What only a whole process can do, and who answers in it.
    package struct Host {
        let version: String
        let release: RestoreRelease
        /// Root's part of a restore.
        let root: any RootSteps
        /// Whose this process is.
        let isRoot: Bool
        /// Ends this process where its client is gone and the work does not end by itself.
        let endProcess: @Sendable () -> Void
        /// Says on standard error what has failed, and returns its exit status.
        let complain: @Sendable (any Error) -> Int

        package init(
            version: String, release: RestoreRelease, root: any RootSteps, isRoot: Bool = DurableFiles.isRoot,
            endProcess: @escaping @Sendable () -> Void, complain: @escaping @Sendable (any Error) -> Int
        ) {
            self.version = version
            self.release = release
            self.root = root
            self.isRoot = isRoot
            self.endProcess = endProcess
            self.complain = complain
        }
    }

    private let machine: Machine
    private let author: KeyID
    private let client: ServedClient
    private let host: Host

    package init(_ machine: Machine, author: KeyID, _ client: ServedClient, _ host: Host) {
        self.machine = machine
        self.author = author
        self.client = client
        self.host = host
    }

    /// - Parameter session: begun before the key is looked at.
    /// - Returns: a line for the client, where that is not answered yet.
    package func answer(_ request: ServedRequest, _ session: ServedSession) async throws -> String? {
        let replay = try machine.replay()
        guard let key = replay.verifier.keyring[author], key.role == .author, key.retiredAt == nil else {
            throw ServingError.notEnrolled(author)
        }
        switch request {
        case .hello: try hello(replay)
        case .deliver: try ServedDelivery(machine, client).run()
        case .exchange: try await ServedDelivery(machine, client).exchange()
        case .settle: try await ServedSettlement(machine, by: author, client, host).run()
        case .lines(let first): try sendLines(from: first)
        case .plan(let label):
            let state = try replay.readableState()
            let plan = try RestorePlan(try label ?? machine.label("latest", in: state), state)
            var object = plan.json
            object["steps"] = .array(plan.steps.map { .object(machine.server.json($0)) })
            try client.answer(object)
        case .receive(let name, let words):
            try ServedTransfer(name, by: author, try replay.readableState(), machine).becomeRsync(words, session)
        case .register(let name):
            return try ServedRegistration(machine, by: author, client).run(name, try replay.readableState())
        case .follow(let label): try await ServedSettlement(machine, by: author, client, host).follow(label)
        case .read(let label):
            try ServedReading(machine, to: key, client, host.release).run(label, try replay.readableState())
        case .restore(let label, let after):
            try await host.release.send(label, after: after, to: key, try replay.readableState())
        }
        return nil
    }

    private func hello(_ replay: borrowing Replay) throws {
        let state = try replay.readableState()
        try client.answer([
            "version": .string(host.version), "dataset": .string(machine.dataset),
            "log": .string(replay.verifier.log?.description ?? "-"),
            "root": .string(try machine.server.pinnedRoot()?.description ?? "-"),
            "size": .integer(replay.verifier.size),
            "latest": state.latest.map { .string($0.description) } ?? .null,
            "working_copy": .bool(machine.updatesWorktree), "reads": .bool(true),
        ])
    }

    private func sendLines(from first: Int) throws {
        // The journal's lock is free again before the first byte is sent.
        var lines = try machine.openJournal(.resuming(.line)).durableLines(from: first)
        var answer = client.begin()
        while let piece = try lines.piece() { try answer.send(piece) }
        try answer.finish()
    }
}
