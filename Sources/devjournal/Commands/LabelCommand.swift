import ArgumentParser
import Backup
import JournalFormat
import Machines
import SystemPackage

struct LabelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Print how far a label has come: taken, sealed, registered, mirrored, followed.",
        discussion: """
            One line each for what is known, a word and a value: `taken UUID`, `sealed NAME`, `tree HASH`, \
            `registered PATH`, `receipt TIME` of the server's record of that, `condition damaged` or `missing` if the \
            server found its copy so, `mirrored KEY`, `followed PATH`, `withdrawn SHA256` of what was registered \
            before. It prints nothing for a label without records. On a workstation whose server is another machine, \
            events that wait in its outbox count too.

            Exit status: 0 printed · 1 the journal is damaged · 7 no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label: String

    func run() throws {
        let machine = try options.load()
        let state = try machine.state()
        let label = try machine.label(label, in: state)
        let entry = state.entries[label]
        let steps: [(word: String, value: String?)] = [
            ("taken", state.snapshots[label]?.uuid),
            ("sealed", state.sealed(label)?.artifact.name.description),
            ("tree", state.sealed(label)?.stream.tree),
            ("registered", entry?.localPath),
            ("receipt", entry?.registeredAt.description),
            ("condition", entry.flatMap { $0.condition == .ok ? nil : $0.condition.rawValue }),
            ("mirrored", entry?.objectKey),
            ("followed", state.worktree == label ? machine.code.string : nil),
            ("withdrawn", state.withdrawals.last { $0.label == label }?.sha256),
        ]
        if output.json {
            var object: JSONObject = ["label": .string(label.description)]
            for step in steps { object[step.word] = step.value.map { .string($0) } ?? .null }
            return Terminal.json(object)
        }
        for case (let word, let value?) in steps { Terminal.data("\(word) \(value)") }
    }
}
