import ArgumentParser
import Machines
import Restoring

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
        Terminal.data(try await options.read().checkSnapshot(label, parentOf: parentOf))
    }
}
