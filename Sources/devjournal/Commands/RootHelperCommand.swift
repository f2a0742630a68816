import ArgumentParser
import Backup
import Digest
import Glibc
import JournalFormat
import Sealing
import SystemPackage

/// What devjournal-root runs as root for the server's user. Each verb prints one JSON value; paths come from the
/// configuration alone, and every word is checked, because whoever took over that user would call this.
struct RootHelperCommand: AsyncParsableCommand {
    enum Verb: String, ExpressibleByArgument {
        case subvolume, receive, accept, compare, clear, follow
    }

    static let configuration = CommandConfiguration(
        commandName: "root-helper", abstract: "For devjournal-root: the part of a restore that needs root.",
        discussion: """
            subvolume LABEL          what stands in restore/worktree_receive under that name, or null
            receive                  btrfs receive, from standard input, into the staging directory
            accept LABEL UUID TREE   look at what was received, compare its tree with TREE (or -), give it its name
            compare LABEL TREE       whether what was received earlier is still the tree with that hash
            clear                    delete what an interrupted receive has left
            follow LABEL             make the working copy one of that received snapshot

            Exit status: 0 done · 1 not the tree that was sealed · 2 failed · 6 something else stands in its place · \
            64 usage
            """, shouldDisplay: false)

    @OptionGroup var options: ConfigurationOption
    @Argument var verb: Verb
    @Argument var words: [String] = []

    func run() async throws {
        let configuration = try options.load()
        guard geteuid() == 0 else {
            throw Complaint("this needs root", hint: "it is run by \(RootAccess.helper)", .failed)
        }
        let snapshots = configuration.server.snapshots
        switch verb {
        case .subvolume:
            let found = try await snapshots.subvolume(try label(configuration, of: 1))
            Terminal.exact(found.map { JSONValue.object($0.json).text } ?? "null")
        case .receive:
            try require(0)
            try replaceProcess(snapshots.receiveCommand)
        case .accept:
            let label = try label(configuration, of: 3)
            guard SubvolumeUUID(words[1]) != nil else { throw Complaint("not a UUID", .usage) }
            guard words[2] == "-" || SHA256Digest(hex: words[2]) != nil else { throw Complaint("not a hash", .usage) }
            let received = try await snapshots.accept(label, uuid: words[1], tree: words[2] == "-" ? nil : words[2])
            Terminal.json(received.json)
        case .compare:
            let label = try label(configuration, of: 2)
            guard SHA256Digest(hex: words[1]) != nil else { throw Complaint("not a hash", .usage) }
            guard try await snapshots.subvolume(label) != nil else {
                throw Complaint("\(label) was not received", .refused)
            }
            try await snapshots.compare(label, with: words[1])
            Terminal.data("null")
        case .clear:
            try require(0)
            try await snapshots.clear()
            Terminal.data("null")
        case .follow:
            let label = try label(configuration, of: 1)
            guard configuration.updatesWorktree else {
                throw Complaint("this server keeps no working copy (WORKTREE=off)", .refused)
            }
            guard try await snapshots.subvolume(label)?.isReadOnly == true else {
                throw Complaint("\(label) was not received", .refused)
            }
            let outcome = try await configuration.workingCopy.derive(from: snapshots.path(of: label), label)
            Terminal.json(outcome.json)
        }
    }

    private func require(_ count: Int) throws {
        guard words.count == count else {
            throw Complaint("\(verb.rawValue) takes \(Plain.counted(count, "word"))", .usage)
        }
    }

    private func label(_ configuration: Configuration, of count: Int) throws -> Label {
        try require(count)
        guard let label = Label(words[0]), label.dataset == configuration.dataset else {
            throw Complaint("not a label of \(configuration.dataset)", .usage)
        }
        return label
    }
}
