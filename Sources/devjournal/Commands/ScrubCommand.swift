import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

struct ScrubCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scrub",
        abstract: "Check the server's artifacts against the hashes in the journal, a fraction a run.",
        discussion: """
            Run it every day: it begins with the artifact whose last check is the oldest, and ends when it has read \
            its share. Each result is recorded (artifact.verified). For a damaged or missing artifact it names the \
            labels that cannot be restored without it; --repair fetches it again from the mirror and keeps the \
            damaged file next to it. If it was never mirrored, a workstation hands it over again at its next month, \
            as long as its spool has it; if nobody has it any more, withdraw it (devjournal withdraw).

            An artifact that this user may not read is named but not recorded, and the others are checked. One that \
            is withdrawn meanwhile is left out. After a rebuild from the mirror, artifacts that only the mirror has \
            are counted, and are not damage; devjournal fetch brings them. Prints one line for each: label, result \
            (ok, damaged, missing, mirrored, unread), bytes, file.

            Exit status: 0 all that was checked is sound, or was repaired · 1 something is damaged or missing · 2 \
            failed, or something could not be read · 7 no journal, no such label · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @OptionGroup var endpoint: EndpointOption
    @Argument(help: "Only these: latest, 2026-01 or dev@2026-01 (default: what is due).")
    var labels: [String] = []
    @Option(help: "How long a check counts, such as 30d or 12h.")
    var every = "30d"
    @Option(help: "The most to read in this run, in percent of all bytes; at least one artifact is checked.")
    var share = 10
    @Flag(help: "Check everything now.")
    var all = false
    @Flag(help: "Fetch what is damaged or missing from the mirror.")
    var repair = false

    func validate() throws {
        if !(1...100).contains(share) { throw ValidationError("--share is a percentage, 1 to 100") }
        if all, !labels.isEmpty { throw ValidationError("labels or --all, not both") }
    }

    func run() throws {
        guard let every = TimeExpression.duration(every) else {
            throw Complaint("--every \(every) is not a duration", hint: "such as 30d, 12h or 90m", .usage)
        }
        let machine = try options.load(endpoint)
        try machine.requireServer()
        let state = try machine.state()
        let (entries, left) = try chosen(state, machine, every)
        let lock = try FileLock.ofWork(machine.server.scrubLock, "another scrub")
        var scrub = Scrub(machine, total: entries.reduce(0) { $0 + $1.artifact.bytes })
        var found: [Scrub.Finding] = []
        for entry in entries {
            guard var finding = try scrub.check(entry, in: state) else { continue }
            if finding.isArtifactBroken || finding.isOnlyMirrored, repair { finding.repaired = scrub.repair(entry) }
            if finding.isCatalogueBroken || (finding.isOnlyMirrored && finding.repaired), repair,
                finding.catalogue != nil, finding.catalogue != .ok, scrub.repairCatalogue(entry)
            {
                finding.catalogue = .ok
            }
            if !output.json {
                Terminal.data(
                    "\(entry.artifact.label)\t\(finding.text)\t\(entry.artifact.bytes)\t\(entry.artifact.name)")
            }
            found.append(finding)
        }
        lock.unlock()
        try conclude(found, left: left)
    }

    private func chosen(
        _ state: BackupState, _ machine: Machine, _ every: Int
    ) throws -> ([BackupState.Entry], left: Int) {
        if !labels.isEmpty {
            var entries: [BackupState.Entry] = []
            for text in labels {
                let label = try machine.label(text, in: state)
                guard let entry = state.entries[label] else { throw RestorePlan.Failure.unknownLabel(label) }
                if !entries.contains(entry) { entries.append(entry) }
            }
            return (entries, 0)
        }
        let plan = ScrubPlan(state, now: Clock.now(), every: all ? 0 : every, share: all ? 100 : share)
        return (plan.entries, plan.left)
    }

    private func conclude(_ found: [Scrub.Finding], left: Int) throws {
        let broken = found.filter(\.isBroken)
        let unread = found.filter { $0.condition == nil }
        let away = found.filter { $0.isOnlyMirrored && !$0.repaired }
        if output.json {
            Terminal.json([
                "checked": .array(found.map { .object($0.json) }), "left": .integer(left),
                "broken": .integer(broken.count), "unread": .integer(unread.count),
                "mirrored": .integer(away.count),
            ])
            if !broken.isEmpty { throw ExitCode(ExitStatus.damaged.rawValue) }
            if !unread.isEmpty { throw ExitCode(ExitStatus.failed.rawValue) }
            return
        }
        Terminal.say(
            "\(Plain.counted(found.count - unread.count - away.count, "artifact")) checked"
                + (left > 0 ? ", \(left) more are due" : found.isEmpty ? ": none is due" : ""))
        if !away.isEmpty {
            Terminal.say(
                "\(Plain.counted(away.count, "artifact")) not on this server since it was rebuilt, only in the mirror; "
                    + "devjournal fetch brings \(away.count == 1 ? "it" : "them")")
        }
        let lost = broken.filter(\.isArtifactBroken)
        guard lost.isEmpty else {
            throw Complaint(
                "not restorable from this server: \(Plain.list(lost.flatMap { [$0.label] + $0.dependents }.unique))",
                hint: repair
                    ? "why it was not repaired stands above" : "devjournal scrub --repair fetches it from the mirror",
                .damaged)
        }
        guard broken.isEmpty else {
            throw Complaint(
                "the catalogue is not sound of \(Plain.list(broken.map(\.label).unique)); restores do not need it",
                hint: repair
                    ? "why it was not repaired stands above" : "devjournal scrub --repair fetches it from the mirror",
                .damaged)
        }
        guard unread.isEmpty else {
            throw Complaint(
                "not checked, as this user may not read them: \(Plain.list(unread.map(\.label.description)))",
                hint: "run it as the user that the repository belongs to", .failed)
        }
    }
}

extension [Label] {
    /// Each once, as text, in this order.
    fileprivate var unique: [String] {
        var seen: Set<Label> = []
        return filter { seen.insert($0).inserted }.map(\.description)
    }
}
