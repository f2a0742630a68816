import ArgumentParser
import Backup
import JournalFormat
import Machines

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Print the artifacts that bring a label back, in the order they are received.",
        discussion: "One line each: label, type, bytes, file name.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label = "latest"

    func run() throws {
        let machine = try options.load()
        let state = try machine.state()
        let plan = try RestorePlan(try machine.label(label, in: state), state)
        if output.json {
            Terminal.json(plan.json)
            return
        }
        for step in plan.steps {
            let artifact = step.artifact
            Terminal.data("\(artifact.label)\t\(artifact.name.kind.type)\t\(artifact.bytes)\t\(artifact.name)")
        }
    }
}

struct NextCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Print what kind of artifact a label gets, and by which rule.",
        discussion: "One line: full - RULE, or incr PARENT RULE.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String

    func run() throws {
        let machine = try options.load()
        let state = try machine.state()
        let label = try machine.label(label, in: state)
        let (kind, reason) = state.policy.next(label)
        try requireNotFuture(label, machine.thisMonth())
        try checkPolicy(ArtifactName(label, kind), state)
        let parent = kind.parent?.description
        if output.json {
            Terminal.json([
                "label": .string(label.description), "type": .string(kind.type),
                "parent": parent.map { .string($0) } ?? .null, "reason": .object(reason.json),
            ])
        } else {
            Terminal.data("\(kind.type) \(parent ?? "-") \(reason.rule)")
        }
    }
}
