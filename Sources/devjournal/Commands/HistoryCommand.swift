import ArgumentParser
import Backup
import Browsing
import Catalogue
import Digest
import JournalFormat
import Machines

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show the versions of a file or directory through the months, from catalogues alone.",
        discussion: """
            The newest version comes first. Each line has the months of a version, its size, the beginning of its \
            content's SHA-256, and its path then: renames are followed. A month in which it is missing is in no line. \
            devjournal cat LABEL:PATH prints a version. \
            On a workstation it looks into the months that this workstation sealed. \(BrowsingOptions.fromServerText) With --from-mirror it looks into the mirror, on any machine \
            that has the recovery kit.

            Exit status: 0 shown · 1 a catalogue is damaged · 7 no month has it · 8 the key or \
            passphrase does not open it · 9 the mirror refused or cannot be reached · 64 usage; \
            \(BrowsingOptions.fromServerStatuses)
            """)

    @OptionGroup var options: BrowsingOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "A path below the snapshot's top, by its newest name.")
    var path: String

    func run() async throws {
        var months = try options.months()
        defer { months.tellTraffic() }
        let path = try ShownPath.bytes(path)
        try await months.bringNames(of: months.shelf.labels)
        let (machine, shelf) = (months.machine, months.shelf)
        let shown = machine.reporter.progress("reading catalogues", total: shelf.labels.count)
        var read = 0
        let versions = try FileHistory(shelf).versions(of: path) { _ in
            shown.reached(read)
            read += 1
        }
        shown.finish()
        for version in versions { show(version) }
    }

    private func show(_ version: FileHistory.Version) {
        if output.json {
            var object = EntryText.json(version.entry)
            object["labels"] = .array(version.labels.map { .string($0.description) })
            return Terminal.json(object)
        }
        guard let first = version.labels.first, let last = version.labels.last else { return }
        let months = first == last ? first.description : "\(first) to \(last)"
        let size = version.entry.size.map { Terminal.bytes($0) } ?? version.entry.kind.rawValue
        let hash = version.entry.sha256.map { String($0.hex.prefix(12)) } ?? "-"
        Terminal.data("\(months)\t\(size)\t\(hash)\t\(ShownPath.text(version.path))")
    }
}
