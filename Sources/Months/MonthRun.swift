// One month's backup on a workstation, in two halves: `begin` takes, seals and announces what is due and says what is to be
// sent; `end` has the server register what arrived. rsync, between them, is the script's. What is due is decided by the pure
// `MonthPlan`; snapshots are Restoring's, sealing is Artifacts'.

package import Backup
import DurableFiles
import JournalFormat
package import Machines
import Restoring
package import SystemPackage

/// A run of the month on the workstation, up to where bytes leave it, and from where they have arrived. `MonthPlan` says
/// what is to be done; rsync, between the two, is the script's.
package struct MonthRun {
    package struct Wishes {
        /// Whether the snapshot is taken, and earlier months go first; else only that month's artifact is made and handed
        /// over.
        package var isWhole = false
        package var isFull = false
        package var expectBytes: Int?
        package var ignoresSpace = false
        package var isDry = false

        package init(
            isWhole: Bool = false, isFull: Bool = false, expectBytes: Int? = nil, ignoresSpace: Bool = false,
            isDry: Bool = false
        ) {
            (self.isWhole, self.isFull, self.expectBytes) = (isWhole, isFull, expectBytes)
            (self.ignoresSpace, self.isDry) = (ignoresSpace, isDry)
        }
    }

    /// What the script is to do next.
    package struct Steps {
        /// Of the month that this was about.
        package var artifact: FilePath?
        /// To be handed over, in this order.
        package var files: [FilePath] = []
        package var follows = false
        /// Whether the month that was asked for is still to be done after this one.
        package var hasMore = false
        /// Files of that month that are not what they were, though nothing changed them.
        package var damaged = 0
    }

    private let label: Label
    private let machine: Machine
    private let wishes: Wishes
    /// Of this program, for the event that says an artifact was sealed.
    private let version: String
    private let ledger: WorkstationLedger
    private let server: ServerTalk?
    private let work: SnapshotWork

    /// - Parameter work: nil for what this machine's Btrfs does.
    package init(
        _ label: Label, _ machine: Machine, _ wishes: Wishes, version: String, _ work: SnapshotWork? = nil
    ) throws {
        (self.label, self.machine, self.wishes, self.version) = (label, machine, wishes, version)
        ledger = try WorkstationLedger.ofMonth(machine)
        server = if case .outbox(let workstation) = ledger { try ServerTalk(workstation) } else { nil }
        self.work = work ?? .ofThisMachine(machine, usesOutbox: server != nil)
    }

    private var spool: FilePath { machine.workstationState.appending("spool") }
    /// LS's working copy is another place than WS's code; with one machine for both there is none to update.
    private var hasWorkingCopy: Bool {
        machine.updatesWorktree && (server != nil || machine.settings.text("LS_CONFIG") != nil)
    }

    // MARK: Up to where bytes leave

    package func begin() async throws -> Steps {
        try work.requirePlaces()
        // Where the replica is empty nothing can be decided before the server was heard.
        if let server, !wishes.isDry, try !hasHeard() { _ = try await server.exchange() }
        if !wishes.isDry { try await setAside() }
        if wishes.isWhole { try await MonthSnapshot(label, machine, work).take(isDry: wishes.isDry) }
        // What the server has withdrawn is news only once it was asked: then the month is taken and sealed again.
        for isFirst in [true, false] {
            let target = try plan().first(of: wishes.isWhole ? label : nil, else: label)
            let artifact = try await makeArtifact(of: target)
            if wishes.isDry { return try dry(target, artifact) }
            guard let server else { return try steps(for: target, artifact, lacking: [:]) }
            let report = try await exchange(with: server, about: target)
            if try await isAsBefore(target, artifact) {
                return try steps(for: target, artifact, lacking: report.lacking)
            }
            guard wishes.isWhole, isFirst else { break }
            try await MonthSnapshot(label, machine, work).take(isDry: false)
        }
        throw MonthError.withdrawn(label)
    }

    private func hasHeard() throws -> Bool {
        guard case .outbox = ledger else { return true }
        return try !machine.state().dataset.isEmpty
    }

    private func setAside() async throws { try await WithdrawnHere(machine).setAside(try machine.state()) }

    /// - Returns: where the artifact is; nil where that is not here, or nothing was to be made.
    private func makeArtifact(of target: Label) async throws -> FilePath? {
        let state = try machine.state()
        if let entry = state.entries[target] {
            machine.reporter.say("\(target) is already registered: nothing to do")
            return server == nil ? machine.server.root.appending(entry.localPath) : FilePath(entry.localPath)
        }
        if target != label { machine.reporter.say("\(target) was taken before and has not reached LS") }
        let isAsked = target == label
        let sealing = MonthArtifact(target, machine, ledger, isFull: isAsked && wishes.isFull, version: version, work)
        return try await sealing.run(
            expectBytes: isAsked ? wishes.expectBytes : nil, ignoresSpace: wishes.ignoresSpace, isDry: wishes.isDry)
    }

    private func dry(_ target: Label, _ artifact: FilePath?) throws -> Steps {
        if let server = machine.settings.text("LS_HOST"), try machine.state().entries[target] == nil {
            machine.reporter.say("would send the artifact to \(server), to be registered there")
        } else if wishes.isWhole {
            machine.reporter.say("would have LS register its artifact")
        }
        if wishes.isWhole, try plan().workingCopy == .due {
            machine.reporter.say("would update LS's working copy to \(label)")
        }
        return Steps(artifact: artifact)
    }

    private func exchange(with server: ServerTalk, about target: Label) async throws -> ServerReport {
        do {
            let (report, result) = try await server.exchange()
            result.warn(machine.reporter)
            try ServersStreams(machine).remember(report.streamVersion)
            return report
        } catch {
            let state = try machine.state()
            guard let entry = state.entries[target] else {
                machine.reporter.say("\(target) waits here")
                throw error
            }
            machine.reporter.say(
                "\(target) was safe on LS when LS confirmed it, at \(entry.registeredAt); LS cannot be asked now whether "
                    + "it still is")
            throw error
        }
    }

    /// Whether the server's news leave the month as it is.
    private func isAsBefore(_ target: Label, _ artifact: FilePath?) async throws -> Bool {
        let was = try machine.state().snapshots[target]
        try await setAside()
        let state = try machine.state()
        if state.entries[target] != nil { return true }
        return was != nil && state.snapshots[target] == was && artifact.map { pathExists($0) } ?? false
    }

    private func steps(for target: Label, _ artifact: FilePath?, lacking: [ArtifactName: String]) throws -> Steps {
        let plan = try plan(lacking: lacking)
        let state = try machine.state()
        var steps = Steps(artifact: artifact)
        if server != nil {
            for name in plan.handedOverAgain {
                machine.reporter.say("LS's copy of \(name.label), or its catalogue, is \(lacking[name] ?? "missing")")
            }
            steps.files = plan.handedOverAgain.map { spool.appending($0.description) }
        }
        if state.entries[target] == nil, let artifact {
            steps.files.append(artifact)
            steps.damaged = state.sealed(target)?.stream.listing?.damaged?.count ?? 0
        }
        steps.hasMore = wishes.isWhole && target != label
        steps.follows = wishes.isWhole && !steps.hasMore && plan.workingCopy == .due
        if steps.files.isEmpty, !steps.follows, !steps.hasMore { try finish(plan, hasFollowed: false) }
        return steps
    }

    private func plan(lacking: [ArtifactName: String] = [:]) throws -> MonthPlan {
        let snapshots = try namesInDirectory(machine.snapshots) ?? []
        let spooled = try namesInDirectory(spool) ?? []
        return MonthPlan(
            MonthPlan.Known(
                try machine.state(), label, snapshots: Set(snapshots.compactMap { Label($0) }),
                spool: Set(spooled.compactMap { ArtifactName($0) }), lacking: lacking,
                keepsUntilMirrored: machine.settings["KEEP_SPOOL"] == "mirrored", hasWorkingCopy: hasWorkingCopy))
    }

    // MARK: From where they have arrived

    /// - Returns: whether the working copy follows, where that was asked for.
    package func end(_ files: [FilePath], follow: Bool) async throws -> Bool {
        guard let server else { throw MonthError.serverIsHere }
        let names = try files.map { file in
            guard let name = file.lastComponent.flatMap({ ArtifactName($0.string) }) else {
                throw MonthError.notAnArtifactsName(file)
            }
            return name
        }
        let arrived = zip(files, names).map { ($1, $0.sibling($1.label.catalogueName)) }
        let (report, result) = try await server.settle(arrived, follow: follow ? label : nil)
        result.warn(machine.reporter)
        try await setAside()
        if report.register == ServerReport.notNow {
            throw MonthError.notTaken(names.map(\.label))
        }
        guard report.register == 0 else { throw SaidElsewhereError(status: Int32(report.register)) }
        let state = try machine.state()
        for name in names where state.entries[name.label]?.artifact.name != name {
            throw MonthError.notConfirmed(name.label)
        }
        let hasFollowed = follow && report.follow == 0
        for name in names where name.label != label { tellStanding(of: name.label, state) }
        try finish(try plan(), hasFollowed: hasFollowed)
        return hasFollowed || !follow
    }

    // MARK: What is said and cleared

    private func finish(_ plan: MonthPlan, hasFollowed: Bool) throws {
        if plan.isRegistered { tellStanding(of: label, try machine.state()) }
        if wishes.isWhole { tellWorkingCopy(plan, hasFollowed) }
        guard server != nil else { return }
        let word = machine.settings["KEEP_SPOOL"]
        for name in plan.cleared {
            try removeFile(spool.appending(name.description))
            try removeFile(spool.appending(name.label.catalogueName))
            machine.reporter.say("\(name.label) is \(word): its artifact left the spool")
        }
    }

    private func tellStanding(of label: Label, _ state: BackupState) {
        guard let entry = state.entries[label] else { return }
        if entry.condition == .ok { return machine.reporter.say("\(label) is safe on LS") }
        machine.reporter.say(
            "\(label) is registered on LS, which has found its copy \(entry.condition.rawValue): devjournal scrub --repair "
                + "there")
    }

    private func tellWorkingCopy(_ plan: MonthPlan, _ hasFollowed: Bool) {
        switch plan.workingCopy {
        case .none: machine.reporter.say("no working copy to update here")
        case _ where hasFollowed: machine.reporter.say("LS's working copy follows \(label)")
        case .followed: machine.reporter.say("LS's working copy already followed \(label)")
        case .staysAt(let latest):
            machine.reporter.say("LS's working copy stays as it is: \(latest) is registered, and later than \(label)")
        case .due: break
        }
    }
}

extension MonthPlan {
    fileprivate func first(of whole: Label?, else label: Label) -> Label { whole.map { first(of: $0) } ?? label }
}
