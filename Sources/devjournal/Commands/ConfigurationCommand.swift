import ArgumentParser
import Backup
import JournalFormat
import Machines

struct ConfigurationCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "configuration", abstract: "Print every key of the configuration with its value or default.",
        discussion: """
            One line each, KEY=value; a key that the file leaves out has its default. The scripts read the \
            configuration here, so that they and this program never differ. An unknown key and an invalid value are \
            refused. The keys:

            \(Setting.all.map(\.name).joined(separator: " "))

            Exit status: 0 printed · 2 the file cannot be read · 7 no such file · 64 something in it is wrong
            """)

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption

    func run() throws {
        let settings = try options.read().settings
        if output.json {
            var object = JSONObject()
            for setting in Setting.all { object[setting.name] = .string(settings[setting.name]) }
            return Terminal.json(object)
        }
        Terminal.exact(Setting.all.map { "\($0.name)=\(settings[$0.name])" }.joined(separator: "\n"))
    }
}
