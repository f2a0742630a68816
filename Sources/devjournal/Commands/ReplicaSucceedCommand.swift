import ArgumentParser
import Machines
import Recovery

extension ReplicaCommand {
    struct Succeed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "succeed",
            abstract: "The server and its recovery kit are lost: set the old journal aside, and pin its successor.",
            discussion: """
                Replica, outbox, remembered heads and spool move to WS_STATE/before/LOG, where LOG is the old \
                journal's id, and are kept for ever; the workstation's key and its snapshots stay. The command names \
                the events that were pending: they were signed for the old journal and cannot be delivered to another \
                one. The first delivery checks the new journal against the old replica; if the new one does not name \
                a head of the old one, nothing is delivered.

                Exit status: 0 pinned, even if it was before · 6 nothing to succeed: no journal is pinned yet · 64 \
                wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(help: "The new journal's id.")
        var log: String
        @Option(help: "The new root's fingerprint.")
        var root: String

        func run() throws { try Pinning(try options.read(), log: log, root: root).succeed() }
    }
}
