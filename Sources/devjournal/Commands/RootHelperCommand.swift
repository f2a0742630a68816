import ArgumentParser
import DurableFiles
import Glibc
import JournalFormat
import Machines
import Restoring
import Serving
import SystemPackage

/// What devjournal-root runs as root for the server's user. Each verb prints one JSON value; paths come from the
/// configuration alone, and every word is checked, because somebody who took over that user would call this.
struct RootHelperCommand: AsyncParsableCommand {
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
            session           any of these, one a line of standard input, until that ends; if one fails its line is \
            {"failed":STATUS}

            Artifact, parent, UUID and tree are those of the signed journal. Files of the account that the repository \
            belongs to are read without following links. It ends when nobody reads what it prints.

            Exit status: 0 done · 1 not the artifact, or not the tree, that was sealed · 2 failed: btrfs receive, the \
            disk, the process that asked is gone · 6 not received, or something else stands in its place · 7 not \
            registered · 8 the key does not open it · 64 usage
            """, shouldDisplay: false)

    @OptionGroup var options: ConfigurationOption
    @Argument var verb: String
    @Argument var words: [String] = []

    func run() async throws {
        let machine = try options.read()
        guard isRoot else {
            throw RestoreError.needsRoot("this needs root", hint: "it is run by \(RootHelper.program)")
        }
        let service = RootHelperService(
            machine,
            // That nobody reads it any more is `ClientWatch`'s to see.
            .init(
                answer: { Terminal.exact($0) },
                progress: { _ = try? FileDescriptor.standardOutput.writeAll($0.utf8) }, tell: { Complaint.tell($0) }))
        let line = [verb] + words
        try await ClientWatch.run(endProcess: { Glibc.exit(ExitStatus.failed.rawValue) }) {
            try await service.run(line, linesFrom: .standardInput)
        }
    }
}
