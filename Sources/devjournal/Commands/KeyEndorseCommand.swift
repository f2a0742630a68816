import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import SystemPackage

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
            let machine = try options.read()
            guard let request = RootRequest(line) else {
                throw Complaint(
                    "this is not a request for a new root", hint: "devjournal key replace-root prints one", .usage)
            }
            guard let key = try machine.authorKey() else { throw JournalError.keyMissing(.author) }
            let replay = try known(machine)
            try require(request, key, replay)
            tell(request, replay)
            if !yes { try Confirmation.require("endorse this new root?") }
            let endorsement = request.replacement.endorsed(by: key.key, log: request.log)
            Terminal.exact(
                EndorsedRoot(log: request.log, replacement: request.replacement, endorsement: endorsement).text)
        }

        /// What this machine knows of the journal: its replica, or the journal itself where the server is here, too.
        private func known(_ machine: Machine) throws -> Replay {
            guard let pin = try Workstation.pin(machine) else { return try machine.replay() }
            let heads = try WitnessHeads(machine).read()
            let replay = try WorkstationFiles(machine.workstationState).replica
                .replay(pinnedRoot: pin.root, heads: heads)
            guard !replay.warnings.contains(where: { $0.reason == .cut }) else {
                throw Complaint(
                    "the replica lacks records that this machine remembers",
                    hint: "devjournal deliver says which", .refused)
            }
            return replay
        }

        private func require(_ request: RootRequest, _ key: JournalKey, _ replay: borrowing Replay) throws {
            guard replay.verifier.log == request.log else {
                throw Complaint("the line is about another journal than this workstation's", .refused)
            }
            guard let entry = replay.verifier.keyring[key.id], entry.retiredAt == nil else {
                throw Complaint(
                    "this workstation's key is not enrolled, or was retired", hint: "devjournal key list", .refused)
            }
            let (base, size) = (request.replacement.baseSize, replay.verifier.size)
            guard base >= size else {
                throw Complaint(
                    "the journal has \(Plain.counted(size, "record")) by now; the line is for \(base)",
                    hint: "on the server, run devjournal key replace-root --reason once more, with the same kit",
                    .refused)
            }
            guard base == size else {
                throw Complaint(
                    "the line is for \(Plain.counted(base, "record")), of which \(size) are here",
                    hint: "run devjournal deliver first",
                    .refused)
            }
            guard request.replacement.baseHead == replay.verifier.head else {
                throw Complaint(
                    "the line is for another record \(base) than the one here: two histories",
                    hint: "do not endorse it; find out who made the line", .damaged)
            }
            guard !replay.verifier.keyring.knows(request.replacement.root) else {
                throw Complaint("the journal knows that key already", .refused)
            }
        }

        private func tell(_ request: RootRequest, _ replay: borrowing Replay) {
            let old = replay.verifier.keyring.active(.root).map(\.id.description)
            Terminal.warn("this replaces the root of journal \(request.log), data set \(replay.verifier.dataset)")
            Terminal.say("  old root, retired for good:  \(Plain.list(old))")
            if let pinned = replay.verifier.pinnedRoot { Terminal.say("  pinned on this machine:      \(pinned)") }
            Terminal.say("  new root:                    \(KeyID(request.replacement.root, role: .root))")
            let replacement = request.replacement
            Terminal.say("  after record:                \(replacement.baseSize) \(replacement.baseHead)")
            Terminal.say("  reason:                      \(replacement.reason)")
            Terminal.say(
                "anybody who has the new root's key can rebuild the server, and name who signs for it; the old kit will do "
                    + "neither. Compare the new fingerprint with the server's own screen, not over the network")
        }
    }
}
