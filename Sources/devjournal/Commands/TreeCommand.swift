import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import SystemPackage
import TreeHash

struct TreeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tree",
        abstract: "Print the hash of a tree, data and metadata: SHA-256 over its canonical listing.",
        discussion: """
            Equal hashes mean equal trees: names, kinds, modes, owners, times to the nanosecond, hard links, link \
            targets, devices, extended attributes with ACLs, contents. Objects on another device (nested subvolumes, \
            mount points) are left out and named, and the command exits with 4. Only root sees all attributes.

            With --compare OTHER it prints how DIRECTORY differs from OTHER: the first five objects, as `PATH (new)`, \
            `PATH (gone)` or `PATH (mode, content)`, and how many there are. A directory that only one of them has \
            counts as one object.

            With --since PARENT it makes the listing of a read-only snapshot from the one of the snapshot before and from \
            what Btrfs says was changed since: the same hash for the cost of what changed. --listing names the file with \
            the listing of PARENT, written by --into, and --recorded its hash. Where that cannot be done the whole tree is \
            listed, and a warning says why. What rotted on the disk is not seen, except with --read-again MONTH: of the \
            files that were not changed a twelfth is read, another one for each of 1 to 12; those that are not what they \
            were are named and the command exits with 1. As root.

            Exit status: 0 printed, or the trees are equal · 1 they differ, or a file is damaged · 2 failed · 4 something \
            was left out · 7 no such directory · 64 usage
            """)

    @OptionGroup var output: JSONOption
    @Argument(help: "The directory.", completion: .directory)
    var directory: String
    @Flag(help: "Print the listing that is hashed, not the hash.")
    var list = false
    @Option(help: "Print how DIRECTORY differs from that tree.", completion: .directory)
    var compare: String?

    @Option(help: "Write the listing that is hashed into that new file, too.", completion: .file())
    var into: String?
    @Option(help: "Make the listing from that of the snapshot before.", completion: .directory)
    var since: String?
    @Option(help: "The file with the listing of the snapshot before.", completion: .file())
    var listing: String?
    @Option(help: "The hash that was recorded of the snapshot before.")
    var recorded: String?
    @Option(help: "Of received snapshots: the generation of the one before when it was listed.")
    var generation: UInt64?
    @Option(help: "Read files that were not changed again: those of the month 1 to 12.")
    var readAgain: Int?

    func validate() throws {
        if list && (into != nil || since != nil) || compare != nil && (into != nil || since != nil) {
            throw ValidationError("--list, --compare and --into or --since exclude each other")
        }
        if since == nil && (listing ?? recorded) != nil || since == nil && (generation != nil || readAgain != nil) {
            throw ValidationError("--listing, --recorded, --generation and --read-again need --since")
        }
        if since != nil && (listing == nil || recorded.flatMap { SHA256Digest(hex: $0) } == nil) {
            throw ValidationError("--since needs --listing FILE and --recorded HASH, 64 hexadecimal digits")
        }
        if let readAgain, !(1...12).contains(readAgain) { throw ValidationError("--read-again takes 1 to 12") }
        if compare != nil && list { throw ValidationError("--list and --compare exclude each other") }
        if list && output.json { throw ValidationError("--list and --json exclude each other") }
    }

    func run() throws {
        let top = FilePath(directory)
        if let compare { return try say(TreeDifference(of: top, from: FilePath(compare))) }
        let (byChange, full) = list ? (nil, try Self.list(top)) : try hashed(top)
        if let byChange { return try say(byChange) }
        guard let tree = full else { return }
        if output.json {
            Terminal.json([
                "tree": .string(tree.digest.hex), "objects": .integer(tree.objects), "bytes": .integer(tree.bytes),
                "findings": .array(
                    tree.findings.map {
                        .object(["kind": .string($0.kind.rawValue), "path": .string($0.path.text)])
                    }),
            ])
        } else {
            if !list { Terminal.data(tree.digest.hex) }
            for finding in tree.findings { Terminal.warn("not in the hash: \(finding.text)") }
        }
        if !tree.findings.isEmpty { throw ExitCode(ExitStatus.warnings.rawValue) }
    }

    private var parent: ListingByChange.Parent? {
        guard let since, let listing, let digest = recorded.flatMap({ SHA256Digest(hex: $0) }) else { return nil }
        return ListingByChange.Parent(
            FilePath(since), since: generation.map { .generation($0) } ?? .itsCreation, listing: FilePath(listing),
            digest: digest)
    }

    /// Hashes the tree, from the parent's listing where that is given and can be used; one of both is nil.
    private func hashed(_ top: FilePath) throws -> (byChange: ListingByChange?, full: TreeHash?) {
        guard let into else {
            if let parent, let tree = Self.listed(try ListingByChange.make(of: top, since: parent, month: readAgain)) {
                return (tree, nil)
            }
            return (nil, try TreeHash(top))
        }
        let file = try Self.new(into)
        if let parent,
            let tree = Self.listed(try ListingByChange.list(top, since: parent, month: readAgain, into: file))
        {
            return (tree, nil)
        }
        return (nil, try TreeHash.list(top, into: file))
    }

    /// Nil, and a warning, where the whole tree has to be listed.
    private static func listed(_ outcome: ListingByChange.Outcome) -> ListingByChange? {
        switch outcome {
        case .listed(let tree): return tree
        case .needsFull(let reason):
            Terminal.warn("the whole tree is listed: \(reason.text)")
            return nil
        }
    }

    private static func new(_ path: String) throws -> OpenFile {
        try OpenFile(
            FilePath(path), .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
    }

    private func say(_ tree: ListingByChange) throws {
        if output.json {
            Terminal.json([
                "tree": .string(tree.digest.hex), "objects": .integer(tree.objects), "bytes": .integer(tree.bytes),
                "changed": .integer(tree.changed),
                "damaged": .array(tree.damaged.map { .string($0.path.text) }),
            ])
        } else {
            Terminal.data(tree.digest.hex)
            for file in tree.damaged {
                Terminal.warn(
                    "damaged: \(file.path.text): \(file.reason ?? "other content, though nothing changed it")")
            }
        }
        if !tree.damaged.isEmpty { throw ExitCode(ExitStatus.damaged.rawValue) }
    }

    private func say(_ difference: TreeDifference) throws {
        if output.json {
            Terminal.json([
                "objects": .integer(difference.count),
                "first": .array(
                    difference.first.map { .object(["path": .string($0.path.text), "what": .string($0.what)]) }),
            ])
        } else {
            for object in difference.first { Terminal.data(object.text) }
            if difference.count > 0 { Terminal.say("\(Plain.counted(difference.count, "object")) not the same") }
        }
        if difference.count > 0 { throw ExitCode(ExitStatus.damaged.rawValue) }
    }

    private static func list(_ top: FilePath) throws -> TreeHash {
        var waiting: [UInt8] = []
        let tree = try TreeHash(
            top,
            line: { line in
                waiting += line
                if waiting.count >= 1 << 16 {
                    Terminal.exact(String(decoding: waiting, as: UTF8.self))
                    waiting.removeAll(keepingCapacity: true)
                }
            })
        if !waiting.isEmpty { Terminal.exact(String(decoding: waiting, as: UTF8.self)) }
        return tree
    }
}
