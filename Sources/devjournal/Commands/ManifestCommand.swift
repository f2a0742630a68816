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

extension BackupState.Entry {
    /// A row of the manifest.
    var json: JSONObject {
        [
            "ts": .string(registeredAt.description), "label": .string(artifact.label.description),
            "type": .string(artifact.name.kind.type),
            "parent": artifact.name.kind.parent.map { .string($0.description) } ?? .null,
            "bytes": .integer(artifact.bytes), "sha256": .string(artifact.sha256), "local_path": .string(localPath),
            "object_key": objectKey.map { .string($0) } ?? .null,
        ]
    }
}
