import ArgumentParser
import Backup
import JournalFormat
import Machines

struct ManifestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Print the manifest, replayed from the journal.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption

    func run() throws {
        let state = try options.load().state()
        guard output.json else { return Terminal.exact(Manifest.tsv(state)) }
        let rows = state.order.compactMap { state.entries[$0] }.map { JSONValue.object($0.json) }
        Terminal.exact(JSONValue.array(rows).text)
    }
}
