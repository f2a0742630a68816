import ArgumentParser
import Backup
import Digest
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

            Exit status: 0 printed, or the trees are equal · 1 they differ · 2 failed · 4 something was left out · 7 \
            no such directory · 64 usage
            """)

    @OptionGroup var output: JSONOption
    @Argument(help: "The directory.", completion: .directory)
    var directory: String
    @Flag(help: "Print the listing that is hashed, not the hash.")
    var list = false
    @Option(help: "Print how DIRECTORY differs from that tree.", completion: .directory)
    var compare: String?

    func validate() throws {
        if compare != nil && list { throw ValidationError("--list and --compare exclude each other") }
        if list && output.json { throw ValidationError("--list and --json exclude each other") }
    }

    func run() throws {
        let top = FilePath(directory)
        if let compare { return try say(TreeDifference(of: top, from: FilePath(compare))) }
        let tree = list ? try Self.list(top) : try TreeHash(top)
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
