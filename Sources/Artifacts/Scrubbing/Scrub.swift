package import Backup
import BackupJournal
import Digest
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
package import Machines
import Mirror
import ObjectStore
import SystemPackage

/// Checks artifacts against the journal, one by one, and repairs them where that is asked for.
package struct Scrub {
    private let machine: Machine
    private let meter: any ProgressMeter
    /// Bytes of the artifacts before the one at hand.
    private var done = 0

    private init(_ machine: Machine, total: Int) {
        self.machine = machine
        meter = machine.reporter.progress("checking artifacts", total: total)
    }

    /// What is to be checked: the labels that are named, or else what is due.
    ///
    /// - Parameters:
    ///   - labels: as a person writes them.
    ///   - every: milliseconds that a check holds; 0 for everything.
    ///   - share: percent of all bytes to read at most.
    package static func plan(
        _ labels: [String], every: Int, share: Int, _ state: BackupState, _ machine: Machine
    ) throws -> ScrubPlan {
        if labels.isEmpty { return ScrubPlan(state, now: machine.now(), every: every, share: share) }
        var entries: [BackupState.Entry] = []
        for text in labels {
            let label = try machine.label(text, in: state)
            guard let entry = state.entries[label] else { throw RestorePlanError.unknownLabel(label) }
            if !entries.contains(entry) { entries.append(entry) }
        }
        return ScrubPlan(entries)
    }

    /// Checks what is planned, and journals what each is. One run at a time.
    ///
    /// - Parameters:
    ///   - repairs: whether what is not sound is fetched from the mirror.
    ///   - visit: gets each as soon as it is known.
    package static func run(
        _ plan: ScrubPlan, _ state: BackupState, _ machine: Machine, repairs: Bool, visit: (ScrubFinding) -> Void
    ) throws -> ScrubReport {
        let lock = try FileLock.ofWork(machine.server.scrubLock, "another scrub")
        var scrub = Scrub(machine, total: plan.entries.reduce(0) { $0 + $1.artifact.bytes })
        var found: [ScrubFinding] = []
        for entry in plan.entries {
            guard var finding = try scrub.check(entry, in: state) else { continue }
            if repairs { repair(&finding, entry, ArtifactRepair(machine)) }
            visit(finding)
            found.append(finding)
        }
        lock.unlock()
        return ScrubReport(findings: found, left: plan.left, repairs: repairs)
    }

    private static func repair(_ finding: inout ScrubFinding, _ entry: BackupState.Entry, _ repair: ArtifactRepair) {
        if finding.isArtifactBroken || finding.isOnlyMirrored { finding.isRepaired = repair.artifact(entry) }
        guard finding.isCatalogueBroken || (finding.isOnlyMirrored && finding.isRepaired),
            finding.catalogue != nil, finding.catalogue != .ok, repair.catalogue(entry)
        else { return }
        finding.catalogue = .ok
    }

    private func path(of entry: BackupState.Entry) -> FilePath {
        machine.server.root.appending(entry.localPath)
    }

    /// Reads the artifact, journals its condition, and warns if it is missing or damaged.
    ///
    /// - Returns: nil for one that was withdrawn meanwhile.
    private mutating func check(_ entry: BackupState.Entry, in state: BackupState) throws -> ScrubFinding? {
        let label = entry.artifact.label
        let (condition, found): (BackupState.Condition, (sha256: String, bytes: Int)?)
        do {
            (condition, found) = try look(at: path(of: entry), entry.artifact)
        } catch let failure as FileFailure where [.permissionDenied, .notPermitted].contains(failure.errno) {
            meter.finish()
            machine.reporter.warn("\(entry.artifact.name) was not checked: \(failure)")
            return ScrubFinding(artifact: entry.artifact, condition: nil, dependents: [], foundSHA256: nil)
        }
        meter.finish()
        var journal = try machine.openJournal(.resuming(.anything))
        guard try journal.replay.readableState().entries[label]?.artifact == entry.artifact else {
            machine.reporter.say("\(entry.artifact.name) was withdrawn meanwhile; it is left out")
            return nil
        }
        _ = try machine.record(
            .recordCheck(label, sha256: entry.artifact.sha256, condition, found: condition == .ok ? nil : found),
            in: &journal)
        if condition == .missing, try journal.replay.readableState().entries[label]?.isOnlyMirrored ?? false {
            return ScrubFinding(
                artifact: entry.artifact, condition: condition, isOnlyMirrored: true, dependents: [], foundSHA256: nil,
                catalogue: try Catalogues(machine.server).condition(of: entry))
        }
        let dependents = condition == .ok ? [] : state.dependents(on: label)
        if condition != .ok {
            let needed = dependents.isEmpty ? "" : "; needed by \(Plain.list(dependents.map(\.description)))"
            machine.reporter.warn("\(path(of: entry)) is \(condition.rawValue)\(needed)")
        }
        let catalogue = try Catalogues(machine.server).condition(of: entry)
        if let catalogue, catalogue != .ok {
            machine.reporter.warn("the catalogue of \(label) is \(catalogue.rawValue)")
        }
        return ScrubFinding(
            artifact: entry.artifact, condition: condition, dependents: dependents,
            foundSHA256: condition == .ok ? nil : found?.sha256, catalogue: catalogue,
            isCatalogueMirrored: entry.catalogueKey != nil)
    }

    private mutating func look(
        at path: FilePath, _ artifact: Artifact
    ) throws -> (BackupState.Condition, (sha256: String, bytes: Int)?) {
        // Through a symbolic link, as where somebody moved it to another disk, it is as good: what counts is its hash.
        let (meter, before) = (meter, done)
        defer { done += artifact.bytes }
        let status: Stat
        do throws(FileFailure) {
            status = try attempt("look at", path) { try path.stat() }
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels: return (.missing, nil)
            default: throw error
            }
        }
        // A directory or a pipe cannot be hashed, and what is too long need not be.
        guard status.type == .regular, status.size <= artifact.bytes else { return (.damaged, nil) }
        do {
            let (bytes, sha256) = try ArtifactFile.hash(path, options: []) { meter.reached(before + Int($0)) }
            return (sha256.hex == artifact.sha256 ? .ok : .damaged, (sha256.hex, bytes))
        } catch let failure as FileFailure where failure.errno == .ioError {
            // The disk cannot give it back: for a restore that is as good as damaged.
            machine.reporter.warn("\(failure)")
            return (.damaged, nil)
        }
    }
}
