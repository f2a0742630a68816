import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import Machines
import Restoring
import SystemPackage
import TreeHash
import VisibleText

struct CopiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copies", abstract: "List the working copies that newer ones have replaced, or remove some.",
        discussion: """
            A working copy that was edited is kept as CODE.before-…, until you remove it. It is a subvolume, which \
            its owner cannot remove. Prints one line for each copy: its name, the snapshot it was made of, and the \
            objects that differ from that. --remove removes the copies that are named, and no others. Needs root.

            Exit status: 0 done · 2 failed: no root · 6 it is a plain directory, which its owner can remove · 7 no \
            copy of that name, or CODE's directory is missing · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "Remove that copy, by its name or path. May be repeated.")
    var remove: [String] = []

    func run() async throws {
        let machine = try options.read()
        guard isRoot else { throw RestoreError.needsRoot("this needs root", hint: "sudo devjournal copies") }
        let kept = machine.keptCopies
        if !remove.isEmpty {
            for word in remove {
                let name = try kept.name(of: word)
                try kept.remove(name)
                Terminal.say("removed \(machine.code.sibling(name))")
            }
            return
        }
        for copy in try await kept.all() {
            if output.json {
                Terminal.json(json(copy))
            } else {
                Terminal.data("\(copy.name)\t\(copy.source ?? "-")\t\(words(copy))")
            }
        }
    }

    private func words(_ copy: KeptCopies.Copy) -> String {
        guard let difference = copy.difference else {
            return copy.isSubvolume ? "the snapshot it was made of is gone" : "a plain directory"
        }
        if difference.count == 0 { return "equal" }
        let differ = difference.count == 1 ? "differs" : "differ"
        return "\(Plain.counted(difference.count, "object")) \(differ): \(VisibleText.line(difference.text))"
    }

    private func json(_ copy: KeptCopies.Copy) -> JSONObject {
        [
            "name": .string(copy.name), "snapshot": copy.source.map { .string($0) } ?? .null,
            "differing": copy.difference.map { .integer($0.count) } ?? .null,
            "first": .array(
                (copy.difference?.first ?? []).map {
                    .object(["path": .string($0.path.text), "what": .string($0.what)])
                }),
        ]
    }
}
