import ArgumentParser
import Machines
import Months
import Restoring

struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "On the workstation: take the month's read-only snapshot of the code.",
        discussion: """
            CODE is in its user's home, so it is opened without following a link, and the snapshot is taken of what \
            was opened. It must be the subvolume that the month before was taken of, or a copy that a restore made of \
            one of the snapshots. SNAPSHOTS and every directory above it must be root's. The command first refuses \
            what check-source refuses, and what could not be recorded: without the workstation's key, or with a clock \
            that nobody vouches for. It is recorded as snapshot.taken, in the outbox if LS_HOST names another \
            machine; nothing is recorded if the label's snapshot exists and is recorded, also as one that was received \
            from the server. What was withdrawn on the server is set aside first, and taken again.

            If something has the label's name and is not recorded, it counts as the month's only if it is a read-only \
            snapshot of CODE to which nothing was written.

            Exit status: 0 taken, or there already · 2 failed: no root, CODE is not a subvolume · 6 refused: another \
            subvolume or owner than before, something else under the label's name, a link in CODE's path, a place \
            that others may write, what check-source finds, the clock, a month in the future or before the last · 7 \
            no key, no pinned journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Flag(help: "Record it in the workstation's outbox, even if LS_HOST names no other machine.")
    var outbox = false
    @Flag(help: "Check everything, and take no snapshot.")
    var dryRun = false

    func run() async throws {
        let machine = try options.read()
        if !dryRun {
            try RootPlaces(machine).requireWorkstation()
            try await WithdrawnHere(machine).setAside(try machine.state())
        }
        try await MonthSnapshot(try machine.month(label), machine, outbox: outbox).take(isDry: dryRun)
    }
}
