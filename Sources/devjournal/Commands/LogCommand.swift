import ArgumentParser
import Backup
import JournalFormat
import JournalStore

struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "List the records.",
        discussion: "With --json every record is printed as it is stored, one a line.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Option(help: "Only records of this type; a type ending in . means all that begin with it.")
    var type: String?
    @Option(help: "Only records about this label.")
    var label: String?
    @Option(help: "Only records whose author's key has this name or id.")
    var author: String?
    @Option(name: .shortAndLong, help: "Only the last N of them.")
    var last: Int?

    func run() throws {
        let configuration = try options.load()
        let label = try label.map { try configuration.label($0, in: try configuration.state()).description }
        var found: [(record: Record, line: String)] = []
        let replay = try configuration.replay { record, line in
            guard type.map({ Self.matches(record.event.type, $0) }) ?? true,
                label == nil || record.event.data["label"]?.string == label
            else { return }
            found.append((record, output.json ? String(copying: line) : ""))
        }
        let keyring = replay.verifier.keyring
        func name(_ id: KeyID) -> String { keyring[id]?.name ?? id.description }
        if let author {
            found.removeAll { name($0.record.event.author) != author && $0.record.event.author.description != author }
        }
        for entry in found.suffix(last ?? found.count) {
            Terminal.data(
                output.json ? entry.line : RecordStory.line(entry.record, author: name(entry.record.event.author)))
        }
        if let tail = replay.tail {
            Terminal.warn("the last line is torn (\(tail.bytes.count) bytes); the next append repairs it")
        }
    }

    private static func matches(_ type: String, _ wanted: String) -> Bool {
        wanted.hasSuffix(".") ? type.hasPrefix(wanted) : type == wanted
    }
}
