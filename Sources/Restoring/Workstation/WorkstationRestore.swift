import Artifacts
package import Backup
package import DurableFiles
import JournalFormat
import JournalStore
package import Machines
import Sealing
package import SystemPackage

/// Brings a label back to the workstation: the server sends what of its chain is not here, and the replica, which this
/// machine has verified, says what each snapshot must be.
package struct WorkstationRestore {
    private let machine: Machine
    private let ledger: WorkstationLedger
    private let snapshots: SnapshotDirectory
    private let evidence: SealingEvidence
    private let options: Options

    package struct Options: Sendable {
        /// Whether the tree takes the place of a working copy that is there, which is kept.
        let replaces: Bool
        /// Whether a person has said that the server's word is enough where no workstation's that is trusted here says what
        /// an artifact holds.
        let trustsServer: Bool
        /// Whether it is tried where it is not expected to fit.
        let ignoresSpace: Bool

        package init(replaces: Bool = false, trustsServer: Bool = false, ignoresSpace: Bool = false) {
            self.replaces = replaces
            self.trustsServer = trustsServer
            self.ignoresSpace = ignoresSpace
        }
    }

    package init(_ machine: Machine, _ options: Options) throws {
        self.options = options
        self.machine = machine
        ledger = try WorkstationLedger(machine)
        evidence = try SealingEvidence(ledger, trustsServer: options.trustsServer, machine.reporter)
        let directory = machine.snapshots
        snapshots = SnapshotDirectory(directory, staging: directory.appending(".receiving"), machine.effects)
    }

    /// What is to be sent, and where the tree will be.
    package struct Plan {
        package let chain: RestorePlan
        /// The newest of its snapshots that is here.
        package let after: Label?
        /// Where the working copy will be.
        package let place: FilePath

        package var steps: ArraySlice<BackupState.Entry> {
            get throws { try chain.steps(after: after) }
        }
    }

    /// Keeps every other restore waiting.
    package func lock() throws -> FileLock {
        try FileLock.ofWork(machine.workstationState.appending("request.lock"), "another restore")
    }

    /// - Parameter text: a label as a person writes it.
    package func plan(_ text: String) async throws -> Plan {
        let state = try ledger.state()
        let chain = try RestorePlan(try machine.label(text, in: state), state)
        let after = try await newestHere(of: chain)
        let place = try RestoredPlace(machine).find(for: chain.label, replace: options.replaces)
        return Plan(chain: chain, after: after, place: place)
    }

    private func newestHere(of chain: RestorePlan) async throws -> Label? {
        for step in chain.steps.reversed() where try await isHere(step) { return step.artifact.label }
        return nil
    }

    /// Receives what is missing and makes the working copy.
    ///
    /// - Parameter command: what reaches the server; the label, and where something is here already that one, follow.
    package func carryOut(_ plan: Plan, by command: [String]) async throws {
        try await receive(plan, command)
        try await RestoredPlace(machine).fill(plan.place, with: plan.chain.label)
    }

    private func isHere(_ step: BackupState.Entry) async throws -> Bool {
        let label = step.artifact.label
        guard let found = try await snapshots.subvolume(label) else { return false }
        guard found.isReadOnly, let uuid = try evidence.snapshot(of: step).uuid,
            found.receivedUUID ?? found.uuid == uuid
        else {
            throw SnapshotError.notAsRecorded(snapshots.path(of: label), label)
        }
        return true
    }

    private func receive(_ plan: Plan, _ command: [String]) async throws {
        let steps = try plan.steps
        // Before anything is received on top of it.
        if let last = plan.chain.steps.last(where: { $0.artifact.label == plan.after }),
            let tree = try evidence.snapshot(of: last).tree
        {
            try await snapshots.compare(last.artifact.label, with: tree, listing: listing(of: last))
        }
        guard !steps.isEmpty else { return machine.reporter.say("\(plan.chain.label) is here already") }
        try makeDirectories(snapshots.path, permissions: 0o700)
        try await snapshots.clear()
        let total = steps.reduce(0) { $0 + ($1.stream?.bytes ?? 0) }
        try SpaceCheck.workstation(machine).requireReceiving(
            SpaceNeed("receiving \(plan.chain.label)", bytes: total, estimate: "the length of what is received"),
            least: steps.reduce(0) { $0 + $1.artifact.bytes }, in: snapshots.path,
            override: .init(command: "LS_request.sh --ignore-space \(plan.chain.label)", isGiven: options.ignoresSpace))
        let report = machine.reporter.progress("receiving \(plan.chain.label)", total: total)
        let words = [plan.chain.label.description] + (plan.after.map { [$0.description] } ?? [])
        defer { report.finish() }
        do {
            let relay = StreamRelay(command + words) { report.reached(Int($0)) }
            let relayed = try steps.map { try relayStep($0, plan.chain) }
            try await StagingSpace(snapshots.staging, reserve: StagingSpace.workstationReserve).watched {
                try await relay.run(relayed)
            }
        } catch {
            try? await snapshots.clear()
            throw Self.complaint(error)
        }
    }

    private func relayStep(_ step: BackupState.Entry, _ plan: RestorePlan) throws -> StreamRelay.Step {
        let label = step.artifact.label
        let sealed = try evidence.snapshot(of: step)
        guard let text = sealed.uuid, let uuid = SubvolumeUUID(text) else {
            throw RestoreError.unknownSnapshot(label)
        }
        let expectation = StreamExpectation(
            name: label.description, uuid: uuid, parent: sealed.parent,
            parentTree: step.artifact.name.kind.parent.map { snapshots.path(of: $0) })
        let bytes = plan.streamBytes(upTo: label)
        let parent = step.artifact.name.kind.parent
        let substitute: ParentSubstitute? =
            if case .uuid(let parent) = sealed.parent { ParentSubstitute(of: parent) } else { nil }
        return StreamRelay.Step(
            expecting: expectation, frames: sealed.frames, limit: sealed.bytes,
            receiver: snapshots.cage(announced: bytes).command, substitute: substitute,
            prepare: { try await snapshots.makeRoom(over: parent, by: substitute) }
        ) {
            if sealed.tree == nil {
                machine.reporter.warn("\(label) was sealed without its tree's hash: none is compared")
            }
            let received = try await snapshots.accept(
                label, uuid: text, tree: sealed.tree, announced: bytes, listing: listing(of: step))
            try say(label, received.uuid, text, trustsServer: sealed.frames == nil)
            machine.reporter.say("received \(label)")
        }
    }

    /// From the catalogue of a month that this workstation sealed itself.
    private func listing(of entry: BackupState.Entry) -> SealedListing {
        let path = ClearCatalogues(machine).path(of: entry.artifact.label)
        return {
            guard let catalogue = entry.stream?.catalogue, let tree = entry.stream?.tree else { return nil }
            return try CatalogueFile(clear: path, plainBytes: catalogue.plainBytes).listing(of: tree)
        }
    }

    /// What this machine has restored is its own to say.
    private func say(_ label: Label, _ uuid: String, _ receivedUUID: String, trustsServer: Bool) throws {
        let path = snapshots.path(of: label).string
        try ledger.record(
            .recordRestore(
                label, by: .author, uuid: uuid, receivedUUID: receivedUUID, path: path, trustsServer: trustsServer),
            author: try ledger.author())
    }

    /// The server's own words are on standard error already.
    private static func complaint(_ error: any Error) -> any Error {
        guard case .senderFailed(let command, let status)? = error as? RelayError else {
            return ReceivingCage.named(error)
        }
        if case .exited(let code) = status, (1...9).contains(code) { return SaidElsewhereError(status: code) }
        return RestoreError.senderEnded("\(command) ended with \(status)")
    }
}
