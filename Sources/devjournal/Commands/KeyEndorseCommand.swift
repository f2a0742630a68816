import ArgumentParser
import Backup
import Digest
import JournalFormat
import Machines
import Recovery

extension KeyCommand {
    struct Endorse: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "endorse",
            abstract: "On a workstation: agree that a new root replaces one whose key is lost.",
            discussion: """
                LINE is what devjournal key replace-root printed on the server. It has to be about this workstation's \
                own journal, at the end of the replica here: run devjournal deliver first. The command shows what you \
                agree to; compare the new fingerprint with the server's own screen. Paste the line that it prints on \
                the server.
                Nothing changes here. When the server has finished, pin the new root by hand: devjournal replica pin.

                Exit status: 0 endorsed · 6 refused · 7 no journal, no key · 64 wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Argument(help: "The line that devjournal key replace-root printed.")
        var line: String
        @Flag(help: "Do not ask.")
        var yes = false

        func run() throws {
            let endorsing = RootEndorsing(try options.read())
            let plan = try endorsing.plan(line)
            tell(plan)
            if !yes { try Confirmation.require("endorse this new root?") }
            Terminal.exact(endorsing.endorse(plan))
        }

        private func tell(_ plan: RootEndorsing.Plan) {
            let (request, replacement) = (plan.request, plan.request.replacement)
            Terminal.warn("this replaces the root of journal \(request.log), data set \(plan.dataset)")
            Terminal.say("  old root, retired for good:  \(Plain.list(plan.oldRoots.map(\.description)))")
            if let pinned = plan.pinned { Terminal.say("  pinned on this machine:      \(pinned)") }
            Terminal.say("  new root:                    \(plan.newRoot)")
            Terminal.say("  after record:                \(replacement.baseSize) \(replacement.baseHead)")
            Terminal.say("  reason:                      \(replacement.reason)")
            Terminal.say(
                "anybody who has the new root's key can rebuild the server, and name who signs for it; the old kit will do "
                    + "neither. Compare the new fingerprint with the server's own screen, not over the network")
        }
    }
}
