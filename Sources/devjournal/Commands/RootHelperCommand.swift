import ArgumentParser
import DurableFiles
import Glibc
import JournalFormat
import Machines
import Restoring
import Serving
import SystemPackage
import Threads

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
            session           any of these, one a line of standard input, until that ends; where one fails its line is \
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
        let line = ([verb] + words).joined(separator: " ")
        try await ClientWatch.run(endProcess: { Glibc.exit(ExitStatus.failed.rawValue) }) {
            guard line == RootHelperCall.session else { return try await Self.answer(line, machine) }
            while let line = await Self.nextLine() { try await Self.answerInSession(line, machine) }
        }
    }

    private static func answer(_ line: String, _ machine: Machine) async throws {
        try RootPlaces(machine).requireServer()
        let call = try RootHelperCall(line: line, dataset: machine.dataset)
        // That nobody reads it any more is `ClientWatch`'s to see.
        let progress = HelperProgress { _ = try? FileDescriptor.standardOutput.writeAll($0.utf8) }
        let answer = try await call.answer(by: PrivilegedRestore(machine)) { progress.opened($0) }
        Terminal.exact(answer.text)
    }

    /// What it fails with is said and answered, and the session continues.
    private static func answerInSession(_ line: String, _ machine: Machine) async throws {
        do {
            try await answer(line, machine)
        } catch {
            try Task.checkCancellation()
            Terminal.json(["failed": .integer(Complaint.tell(error))])
        }
    }

    /// Nil at the end of standard input, and for what is far too long.
    private static func nextLine() async -> String? {
        await onOwnThread {
            var line: [UInt8] = []
            var byte: [UInt8] = [0]
            while line.count < 256 {
                guard
                    let count = try? unsafe byte.withUnsafeMutableBytes({
                        try unsafe FileDescriptor.standardInput.read(into: $0)
                    }), count > 0
                else { return nil }
                if byte[0] == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
                line.append(byte[0])
            }
            return nil
        }
    }
}
