import ArgumentParser
import Backup
import DurableFiles
import Machines
import Restoring
import SystemPackage

/// What the scripts ask and do about the places where root works: by descriptors, which no shell has.
struct PlacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "places", abstract: "For the scripts: the places where root works.", shouldDisplay: false,
        subcommands: [Check.self, Usual.self, Owned.self, Straight.self, Copy.self, Move.self, Code.self, Give.self],
        defaultSubcommand: Check.self)

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the workstation's snapshot directory.",
            discussion: """
                As root: refused with exit status 6 if another user could steer root's work in it, in WS_STATE, or by \
                the configuration.
                """)

        @OptionGroup var options: ConfigurationOption

        func run() throws {
            let machine = try options.read()
            try RootPlaces(machine).requireWorkstation()
            Terminal.data(machine.snapshots.string)
        }
    }

    struct Usual: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print where the snapshots of a directory are kept when the configuration does not say.")

        @Option(help: "The data set.")
        var dataset = "dev"
        @Argument(help: "CODE, by an absolute path.", completion: .directory)
        var code: String

        func run() { Terminal.data(SnapshotPlace.usual(code: FilePath(code), dataset: dataset).string) }
    }

    struct Owned: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether a directory is root's, as far as it exists.",
            discussion: "Exit status: 0 it is · 6 another user could steer root's work there")

        @Argument(help: "An absolute path.", completion: .directory)
        var directory: String

        func run() throws { try requireRootsOwn(directory: FilePath(directory)) }
    }

    struct Straight: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether no symbolic link is in the path of CODE.",
            discussion: "Exit status: 0 none is · 6 there is one; the error names where it leads")

        @Argument(help: "CODE, by an absolute path.", completion: .directory)
        var code: String

        func run() throws {
            try WorkingCopy.requireStraight(FilePath(code))
        }
    }

    struct Copy: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether the server's working copy can be exchanged for another where it is.",
            discussion: "Exit status: 0 it can, or nothing is there · 6 it is a mount point, or a link is in its path")

        @Argument(help: "CODE, by an absolute path.", completion: .directory)
        var code: String

        func run() throws {
            try WorkingCopy(code: FilePath(code), snapshots: "/", keepsPower: false, .ofThisProcess)
                .requireExchangeable()
        }
    }

    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Move a directory of snapshots by one rename.",
            discussion: """
                A read-only subvolume cannot change its directory alone, and a copy of it has another UUID. Prints \
                `moved`, or `stays` if it is another mount or file system.

                Exit status: 0 moved, or cannot be · 6 refused: it is not root's, or both hold something
                """)

        @Argument(help: "Where it is: a directory of root's, mode 0700, wherever it may lie.", completion: .directory)
        var from: String
        @Argument(help: "Where it is to be: every directory above it root's.", completion: .directory)
        var to: String

        func run() throws { Terminal.data(try SnapshotMove(from: FilePath(from), to: FilePath(to)).carryOut()) }
    }

    struct Code: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Whether CODE is the subvolume that is remembered.",
            discussion: "Prints known, new (none is remembered) or other, its UUID and its owner's number.")

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "Remember it from now on.")
        var accept = false

        func run() throws {
            let machine = try options.read()
            let (recognition, code) = try CodeIdentity.recognise(machine, accept: accept)
            Terminal.data("\(recognition) \(code.uuid) \(code.owner)")
        }
    }

    struct Give: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give files or directories to a user, without following a link.",
            discussion: "A file that has another name too is refused: it may lie elsewhere.")

        @Option(help: "UID:GID, in decimal.")
        var to: String
        @Option(help: "Permissions, in octal.")
        var mode: String
        @Argument(help: "Absolute paths.")
        var paths: [String]

        func run() throws {
            let ids = to.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
            guard ids.count == 2, let user = ids[0], let group = ids[1], let mode = UInt32(mode, radix: 8),
                mode <= 0o7777
            else { throw Complaint("--to UID:GID --mode OCTAL", .usage) }
            for path in paths {
                try giveAway(FilePath(path), user: user, group: group, permissions: mode)
            }
        }
    }
}
