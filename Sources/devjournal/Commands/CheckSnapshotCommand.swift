import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import Machines
import Restoring
import SystemPackage

struct CheckSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-snapshot",
        abstract: "On the workstation: whether a label's snapshot is the one that was recorded, unchanged.",
        discussion: """
            A snapshot that was written to has inodes of a later generation than its own. Its tree is then compared \
            with the one that was sealed; so is the tree of a snapshot that somebody received with btrfs receive \
            alone. Prints the UUID by which send streams name it. Needs root.

            Exit status: 0 it is · 2 failed · 6 refused: another subvolume, one that is writable, or changed · 7 no \
            such snapshot, no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "The label whose increment is to start from it.")
    var parentOf: String?

    func run() async throws {
        let machine = try options.read()
        let state = try machine.state()
        let label = try machine.label(label, in: state)
        let child = try parentOf.map { try machine.label($0, in: state) }
        let hint = child.map(machine.hint(withoutParentOf:)) ?? machine.hint(takingAgain: label)
        let place = try OpenDirectory.rootsOwn(machine.snapshots)
        guard let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) else {
            throw Complaint(
                "there is no snapshot \(place.path.appending(label.description))",
                hint: child == nil ? "ws_dev_snapshot.sh \(label.monthText)" : hint, .notFound)
        }
        guard state.isSnapshot(label, snapshot.streamUUID) else {
            throw Complaint(
                "\(snapshot.path) is subvolume \(snapshot.streamUUID), and not \(label) as it was recorded", hint: hint,
                .refused)
        }
        try await snapshot.requireUnchanged(state, hint: hint)
        Terminal.data(snapshot.streamUUID)
    }
}
