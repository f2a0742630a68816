import ArgumentParser
import Machines
import Recovery

extension ReplicaCommand {
    struct Succeed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "succeed",
            abstract: "The server and its recovery kit are lost: put the old journal aside, and pin the one after it.",
            discussion: """
                Replica, outbox, remembered heads and spool go to WS_STATE/before/LOG, LOG being the old journal's id, and \
                are kept for ever; the workstation's key and its snapshots stay. What was pending is named: it was signed \
                for the old journal and can be delivered to no other. The first delivery holds the new journal against \
                the old replica: one that does not name a head of it gets nothing.

                Exit status: 0 pinned, also where it was before · 6 nothing to succeed: no journal is pinned yet · \
                64 wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(help: "The new journal's id.")
        var log: String
        @Option(help: "The new root's fingerprint.")
        var root: String

        func run() throws { try Pinning(try options.read(), log: log, root: root).succeed() }
    }
}
