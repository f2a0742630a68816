import ArgumentParser
import Backup
import JournalFormat

/// The words of the command line that name a command, looked at where the parser of the command line would say only that
/// something was unexpected.
struct CommandWords {
    /// Those that name a command, from the outermost on.
    private(set) var path: [String] = []
    /// What was said where a command's name was due, and what is there; nil where all was named.
    private(set) var missing: (word: String?, names: [String])?

    init(_ arguments: [String], in root: any ParsableCommand.Type) {
        var command = root
        var words = arguments[...]
        let asksForHelp = words.first == "help"
        if asksForHelp { words.removeFirst() }
        while case let commands = Self.commands(of: command), !commands.isEmpty {
            guard let word = words.first, !word.utf8.starts(with: "-".utf8) else {
                // `devjournal` alone shows what there is; in `devjournal key` a word is missing.
                let isWhole = asksForHelp || words.first != nil || path.isEmpty
                if !isWhole, command.configuration.defaultSubcommand == nil { missing = (nil, commands.map(\.name)) }
                return
            }
            guard let named = commands.first(where: { $0.name == word }) else {
                missing = (word, commands.map(\.name))
                return
            }
            (command, path) = (named.type, path + [word])
            words.removeFirst()
        }
        if asksForHelp, let word = words.first, !word.utf8.starts(with: "-".utf8) { missing = (word, []) }
    }

    private static func commands(of command: any ParsableCommand.Type) -> [(
        name: String, type: any ParsableCommand.Type
    )] {
        let configuration = command.configuration
        let all = configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)
        return all.map { ($0.configuration.commandName ?? "\($0)".lowercased(), $0) }
    }

    private var command: String { (["devjournal"] + path).joined(separator: " ") }

    /// The command that lists what may be said here.
    var help: String { (["devjournal help"] + path).joined(separator: " ") }

    /// What is wrong where a command's name is due.
    var complaint: Complaint? {
        guard let missing else { return nil }
        guard let word = missing.word else {
            return Complaint(
                "\(command) needs one of its commands: \(missing.names.joined(separator: ", "))", hint: help, .usage)
        }
        let meant = nearest(to: word, among: missing.names).map { "did you mean: \(command) \($0)" }
        return Complaint(
            path.isEmpty ? "there is no command \(word)" : "\(command) has no command \(word)",
            hint: meant ?? "\(help) lists what there is", .usage)
    }

    /// Refuses what is not UTF-8: Swift has put another character in the place of each such byte, and a name that was
    /// altered is another name.
    static func requireUTF8() throws {
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { return }
            guard unsafe String(validatingCString: argument) == nil else { continue }
            throw Complaint(
                "argument \(index) is not UTF-8: \(unsafe String(cString: argument))",
                hint: "texts and names must be UTF-8; rename the file, or give it a link with such a name", .usage)
        }
    }
}
