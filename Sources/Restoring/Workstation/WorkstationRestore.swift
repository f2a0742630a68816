package import Backup
import DurableFiles
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
    private let ignoresSpace: Bool

    /// - Parameter trustsServer: whether a person has said that the server's word is enough where no workstation's that
    ///   is trusted here says what an artifact holds.
    /// - Parameter ignoresSpace: whether it is tried where it is not expected to fit.
    package init(_ machine: Machine, trustsServer: Bool = false, ignoresSpace: Bool = false) throws {
        self.ignoresSpace = ignoresSpace
        self.machine = machine
        ledger = try WorkstationLedger(machine)
        evidence = try SealingEvidence(ledger, trustsServer: trustsServer, machine.reporter)
        let directory = machine.snapshots
        snapshots = SnapshotDirectory(directory, staging: directory.appending(".receiving"), machine.effects)
    }

    /// What of a plan is to be sent.
    package struct Missing {
        package let plan: RestorePlan
        /// The newest of its snapshots that is here.
        package let after: Label?

        package var steps: ArraySlice<BackupState.Entry> {
            get throws { try plan.steps(after: after) }
        }
    }

    package func missing(_ text: String) async throws -> Missing {
        let state = try ledger.state()
        let plan = try RestorePlan(try machine.label(text, in: state), state)
        for step in plan.steps.reversed() where try await isHere(step) {
            return Missing(plan: plan, after: step.artifact.label)
        }
        return Missing(plan: plan, after: nil)
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

    /// - Parameter command: what reaches the server; the label, and where something is here already that one, follow.
    package func receive(_ missing: Missing, _ command: [String]) async throws {
        let steps = try missing.steps
        // Before anything is received on top of it.
        if let last = missing.plan.steps.last(where: { $0.artifact.label == missing.after }),
            let tree = try evidence.snapshot(of: last).tree
        {
            try await snapshots.compare(last.artifact.label, with: tree)
        }
        guard !steps.isEmpty else { return machine.reporter.say("\(missing.plan.label) is here already") }
        try makeDirectories(snapshots.path, permissions: 0o700)
        try await snapshots.clear()
        let total = steps.reduce(0) { $0 + ($1.stream?.bytes ?? 0) }
        try SpaceCheck.workstation(machine).requireReceiving(
            SpaceNeed("receiving \(missing.plan.label)", bytes: total, estimate: "the length of what is received"),
            least: steps.reduce(0) { $0 + $1.artifact.bytes }, in: snapshots.path,
            override: .init(command: "LS_request.sh --ignore-space \(missing.plan.label)", isGiven: ignoresSpace))
        let report = machine.reporter.progress("receiving \(missing.plan.label)", total: total)
        let words = [missing.plan.label.description] + (missing.after.map { [$0.description] } ?? [])
        defer { report.finish() }
        do {
            let relay = StreamRelay(command + words) { report.reached(Int($0)) }
            let relayed = try steps.map { try relayStep($0, missing.plan) }
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
            receiver: snapshots.receiveCommand(announced: bytes), substitute: substitute,
            prepare: { try await snapshots.makeRoom(over: parent, by: substitute) }
        ) {
            if sealed.tree == nil {
                machine.reporter.warn("\(label) was sealed without its tree's hash: none is compared")
            }
            let received = try await snapshots.accept(label, uuid: text, tree: sealed.tree, announced: bytes)
            try say(label, received.uuid, text, trustsServer: sealed.frames == nil)
            machine.reporter.say("received \(label)")
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

    /// Where the working copy of a label is to be: CODE where nothing is there, or with `replace`, which keeps what it
    /// replaces; else next to it. Ask before anything is received.
    package func place(for label: Label, replace: Bool) throws -> FilePath {
        let code = machine.code
        let copy = workingCopy(at: code)
        if replace {
            let month = label.monthText
            try copy.requireExchangeable(
                instead: "LS_request.sh \(month) makes the tree next to it; then umount \(code), take it out of "
                    + "/etc/fstab, and give the tree that name: rmdir \(code); mv \(code).restored-\(month) \(code)")
            return code
        }
        guard isFree(code) else { return beside(code, label) }
        do {
            try copy.requireExchangeable()
            return code
        } catch let error as WorkingCopyError {
            machine.reporter.warn("\(error); the tree is made next to it")
            return beside(code, label)
        }
    }

    private func workingCopy(at place: FilePath) -> WorkingCopy {
        WorkingCopy(code: place, snapshots: snapshots.path, keepsPower: true, machine.effects)
    }

    /// Makes a working copy of the received snapshot.
    package func makeWorkingCopy(of label: Label, at place: FilePath) async throws {
        let outcome = try await workingCopy(at: place).derive(from: snapshots.path(of: label), label)
        if let kept = outcome.kept {
            if try !removeIfEmpty(kept) {
                machine.reporter.say("what was there is kept as \(kept)")
            }
        }
    }

    /// An empty directory holds nothing that could be missed. By its parent's descriptor: it lies where its user can put a
    /// link under its name.
    private func removeIfEmpty(_ kept: FilePath) throws -> Bool {
        guard let name = kept.lastComponent?.string else { return false }
        let parent = try OpenDirectory.withoutLinks(kept.removingLastComponent())
        let directory = try parent.directory(name)
        guard try directory.names().isEmpty else { return false }
        if try directory.subvolume() == nil {
            try parent.removeDirectory(name)
        } else {
            try parent.deleteSubvolume(name)
        }
        return true
    }

    /// Nothing there, or a directory with nothing in it.
    private func isFree(_ path: FilePath) -> Bool {
        !pathExists(path) || (try? namesInDirectory(path)) == []
    }

    private func beside(_ code: FilePath, _ label: Label) -> FilePath {
        let first = code.sibling("\(code.lastComponent?.string ?? "code").restored-\(label.monthText)")
        guard pathExists(first) else { return first }
        let time = machine.now().description.filter { $0 != ":" }.prefix(17)
        return code.sibling("\(first.lastComponent?.string ?? "code").\(time)")
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
