import ArgumentParser
import Machines
import Recovery

struct ReplicaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replica", abstract: "On the workstation: its verified copy of the journal.",
        discussion: """
            WS_STATE/replica is a journal directory like the server's; devjournal deliver brings it up to date. If \
            the server is another machine, devjournal audit, log, show, verify, prove and key list read it, under the \
            pinned root and with the heads that were remembered.
            """,
        subcommands: [Pin.self, Succeed.self, Trust.self])

    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin", abstract: "Pin the workstation's journal and the root that vouches for it.",
            discussion: """
                devjournal verify on the server prints both. Compare the fingerprint with the one in the recovery kit \
                or on the server's own screen, not over the network.
                Another root of the same journal is accepted when it vouches for the replica (journal-format.md, "The \
                pinned root"). Another journal is refused once the outbox or the replica holds anything.
                After devjournal key replace-root on the server, the lines that the new root vouches for are not here \
                yet, and the old pin refuses them. COMMAND reaches the server as in devjournal deliver: what it \
                answers is judged under the new root, and lines and pin are changed together. A replacement that this \
                workstation's own key has not endorsed is refused, unless you know why and say --unendorsed.

                Exit status: 0 pinned · 1 the root does not vouch for the journal · 2 COMMAND failed · 6 refused · 64 \
                wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(help: "The journal's id.")
        var log: String
        @Option(help: "The root's fingerprint.")
        var root: String
        @Flag(help: "Accept a root that replaced the old one although this workstation has not endorsed it.")
        var unendorsed = false
        @Argument(parsing: .postTerminator, help: "What reaches the server, for a root that the replica lacks.")
        var command: [String] = []

        func run() async throws {
            let machine = try options.read()
            let server = command.isEmpty ? nil : CommandExchange.reaching(command, machine)
            try await Pinning(machine, log: log, root: root).run(server, acceptsUnendorsed: unendorsed)
        }
    }
}
