import ArgumentParser
import Backup
import Digest
import JournalFormat
import Machines

struct StateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Print the anchor policy's state, for a shell to source.",
        discussion: "SEQ and HEAD name the last record that may have changed any of it.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption

    func run() throws {
        let state = try options.load().state()
        guard output.json else { return Terminal.exact(StateEnv.text(state)) }
        let policy = state.policy
        func text(_ label: Label?) -> JSONValue { label.map { .string($0.description) } ?? .null }
        Terminal.json([
            "last_label": text(state.latest), "anchor_label": text(policy.chain?.anchor),
            "anchor_bytes": .integer(policy.chain?.anchorBytes ?? 0),
            "incr_bytes": .integer(policy.chain?.incrementBytes ?? 0), "anchor_due_from": text(policy.anchorDueFrom),
            "seq": .integer(state.changedAt.seq), "head": .string(state.changedAt.head.hex),
        ])
    }
}

struct LatestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latest", abstract: "Print the newest registered label.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption

    func run() throws {
        let machine = try options.load()
        let label = try machine.label("latest", in: try machine.state())
        if output.json {
            Terminal.json(["label": .string(label.description)])
        } else {
            Terminal.data(label.description)
        }
    }
}
