import ArgumentParser
import Backup
import Glibc
import JournalFormat
import Machines
import Synchronization
import SystemPackage

/// What devjournal-root runs as root for the server's user. Each verb prints one JSON value; paths come from the
/// configuration alone, and every word is checked, because somebody who took over that user would call this.
struct RootHelperCommand: AsyncParsableCommand {
    enum Verb: String, ExpressibleByArgument {
        case subvolume, receive, compare, clear, place, follow, withdraw
    }

    static let configuration = CommandConfiguration(
        commandName: "root-helper", abstract: "For devjournal-root: the part of a restore that needs root.",
        discussion: """
            subvolume LABEL   what stands in restore/worktree_receive under that name, or null
            receive LABEL     open the artifact that is registered for LABEL, receive it and compare its tree
            compare LABEL     whether what was received earlier is still the tree that was sealed
            clear             delete what an interrupted receive has left
            place             whether the working copy can be exchanged for another where it is
            follow LABEL      make the working copy one of that received snapshot
            withdraw LABEL    give that received snapshot a name with its UUID, in its directory

            Artifact, parent, UUID and tree are those of the signed journal. Files of the account that the repository \
            belongs to are read without following links. It ends when nobody reads what it prints.

            Exit status: 0 done · 1 not the artifact, or not the tree, that was sealed · 2 failed: btrfs receive, the \
            disk, the process that asked is gone · 6 not received, or something else stands in its place · 7 not \
            registered · 8 the key does not open it · 64 usage
            """, shouldDisplay: false)

    @OptionGroup var options: ConfigurationOption
    @Argument var verb: Verb
    @Argument var words: [String] = []

    func run() async throws {
        let machine = try options.read()
        guard geteuid() == 0 else {
            throw Complaint("this needs root", hint: "it is run by \(RootAccess.helper)", .failed)
        }
        try RootPlaces(machine).requireServer()
        let label = try label(machine)
        try await ClientWatch.run { try await answer(PrivilegedRestore(machine), label) }
    }

    private func answer(_ steps: PrivilegedRestore, _ label: Label?) async throws {
        guard let label else {
            if verb == .place { try steps.requirePlace() } else { try await steps.clear() }
            return Terminal.data("null")
        }
        switch verb {
        case .subvolume:
            Terminal.exact(try await steps.subvolume(label).map { JSONValue.object($0.json).text } ?? "null")
        case .receive:
            let pace = Pace()
            let received = try await steps.receive(label) { bytes in
                // That nobody reads it any more is `ClientWatch`'s to see.
                if pace.isDue() {
                    _ = try? FileDescriptor.standardOutput.writeAll(
                        (JSONValue.object(HelperAnswer.progress(bytes)).text + "\n").utf8)
                }
            }
            Terminal.json(received.json)
        case .compare:
            try await steps.compare(label)
            Terminal.data("null")
        case .clear, .place:
            preconditionFailure("\(verb) has no label")
        case .follow:
            Terminal.json(try await steps.follow(label).json)
        case .withdraw:
            Terminal.exact(JSONValue.string(try await steps.withdraw(label)).text)
        }
    }

    /// What every verb but `clear` and `place` takes.
    private func label(_ machine: Machine) throws -> Label? {
        let count = verb == .clear || verb == .place ? 0 : 1
        guard words.count == count else {
            throw Complaint("\(verb.rawValue) takes \(Plain.counted(count, "word"))", .usage)
        }
        guard let word = words.first else { return nil }
        guard let label = Label(word), label.dataset == machine.dataset else {
            throw Complaint("not a label of \(machine.dataset)", .usage)
        }
        return label
    }
}

/// Some times a second are enough for who shows it to a person.
private final class Pace: Sendable {
    private let next = Mutex(ContinuousClock.now)

    func isDue() -> Bool {
        next.withLock { next in
            let now = ContinuousClock.now
            guard now >= next else { return false }
            next = now + .milliseconds(200)
            return true
        }
    }
}
