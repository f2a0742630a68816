import ArgumentParser
import Backup
import Machines
import Restoring

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "On the server: write the send streams that bring a label back.",
        discussion: """
            It sends the label's chain, oldest first, one stream after the other. Each artifact is checked against \
            the signed journal before a byte of it is sent; btrfs receive takes them all. restore.released is \
            recorded before the first byte leaves. With --frames the hashes of its frames precede each stream, as \
            devjournal request needs them.

            Exit status: 0 sent · 1 an artifact is not what the journal says · 2 failed · 7 no such label, an \
            artifact is missing · 8 the key does not open it · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "Leave out everything up to that label, which the receiver has already.")
    var after: String?
    @Option(help: "Who gets it, for the journal.")
    var to: String

    @Flag(help: "Put the hashes of its frames before each stream.")
    var frames = false

    func run() async throws {
        let machine = try options.load()
        let state = try machine.state()
        let label = try machine.label(label, in: state)
        let after = try after.map { try machine.label($0, in: state) }
        try await RestoreRelease.ofThisProcess(machine).send(label, after: after, to: to, state, withFrames: frames)
    }
}
