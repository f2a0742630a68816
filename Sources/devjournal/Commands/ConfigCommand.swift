import ArgumentParser
import Backup
import JournalFormat
import Machines

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print every key of the configuration with its value or default.",
        discussion: """
            One line each, KEY=value; a key that the file leaves out has its default. The scripts read the \
            configuration here, so that they and this program never differ. An unknown key and an invalid value are \
            refused. The keys:

            \(Setting.all.map(\.name).joined(separator: " "))

            With --shell the lines are assignments that a shell may evaluate. The last ones are how the server is reached \
            if LS_HOST names one: ls_ssh, the command up to the request, and for rsync ls_transport, the same without \
            the host, and ls_address, the host.

            Exit status: 0 printed · 2 the file cannot be read · 7 no such file · 64 something in it is wrong
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Flag(help: "Print assignments for a shell.")
    var shell = false
    @Flag(help: "Leave out lines that are wrong, in place of refusing them: for reporting that something is wrong.")
    var despiteErrors = false

    func validate() throws {
        if shell, output.json { throw ValidationError("--shell or --json, not both") }
    }

    func run() throws {
        let settings = try Configuration(named: options.config, despiteErrors: despiteErrors).settings
        let values = Setting.all.map { ($0.name, settings[$0.name]) }
        if output.json {
            var object = JSONObject()
            for (name, value) in values { object[name] = .string(value) }
            return Terminal.json(object)
        }
        guard shell else { return Terminal.exact(values.map { "\($0)=\($1)" }.joined(separator: "\n")) }
        // Of a key that this program takes from its environment too, nothing: what it is there must stay.
        let assignments = values.filter { $0.0 != "S3_ENDPOINT" }.map { "\($0)=\(shellWord($1))" }
        let server = ServerConnection(settings)
        func array(_ words: [String]?) -> String { "(\((words ?? []).map(shellWord).joined(separator: " ")))" }
        let reached = [
            "ls_ssh=\(array(server?.ssh))", "ls_transport=\(array(server?.transport))",
            "ls_address=\(shellWord(server?.rsyncAddress ?? ""))",
        ]
        Terminal.exact((assignments + reached).joined(separator: "\n"))
    }
}
