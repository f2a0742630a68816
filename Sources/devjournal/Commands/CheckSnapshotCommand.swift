import ArgumentParser
import Machines
import Restoring

struct CheckSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-snapshot",
        abstract: "On the workstation: check that a label's snapshot is the one that was recorded, unchanged.",
        discussion: """
            If a snapshot was written to, it has inodes of a later generation than its own. Then its tree is compared \
            with the one that was sealed; so is the tree of a snapshot that somebody received with btrfs receive \
            alone. Prints the UUID by which send streams name it. Needs root.

            Exit status: 0 it is · 2 failed · 6 refused: another subvolume, one that is writable, or changed · 7 no \
            such snapshot, no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "The label whose increment will start from it.")
    var parentOf: String?

    func run() async throws {
        Terminal.data(try await options.read().checkSnapshot(label, parentOf: parentOf))
    }
}
