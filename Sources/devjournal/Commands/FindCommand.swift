import ArgumentParser
import Backup
import Browsing
import Catalogue
import JournalFormat
import Machines

struct FindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "find",
        abstract: "Find files in all months by a pattern, from catalogues alone.",
        discussion: """
            A pattern without a slash matches names: '*.swift'. One with a slash matches whole paths from the \
            snapshot's top on, and its * matches slashes, too: 'src/*/main.swift'. Prints for each path the first and \
            the last month that have it, how many do, its size in the last one, and the path. \
            On a workstation it looks into the months that this workstation sealed. \(BrowsingOptions.fromServerText) With --from-mirror it \
            looks into the mirror, on any machine that has the recovery kit.

            Exit status: 0 found · 1 a catalogue is damaged · 7 nothing found, or no such month · 8 the key or \
            passphrase does not open it · 9 the mirror refused or cannot be reached · 64 usage; \
            \(BrowsingOptions.fromServerStatuses)
            """)

    @OptionGroup var options: BrowsingOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "A pattern of the shell: *, ? and [a-z].")
    var pattern: String
    @Option(help: ArgumentHelp("Only in this month; may be given again (default: all).", valueName: "label"))
    var label: [String] = []
    @Option(help: "Only what is of this kind: file, dir or link.")
    var type: String?
    @Flag(name: .shortAndLong, help: "Ignore the case of ASCII letters.")
    var ignoreCase = false

    func validate() throws {
        if let type, ListingEntry.Kind(rawValue: type) == nil {
            throw ValidationError("--type takes file, dir, link, fifo, socket, char or block")
        }
    }

    func run() async throws {
        var months = try options.months()
        defer { months.tellTraffic() }
        let machine = months.machine
        let search = try PathSearch(
            pattern, ignoresCase: ignoreCase, kind: type.flatMap { ListingEntry.Kind(rawValue: $0) })
        let state = months.state
        let labels = try label.isEmpty ? months.shelf.labels : label.map { try machine.label($0, in: state) }.sorted()
        try await months.bringNames(of: labels)
        let shown = machine.reporter.progress("searching", total: labels.count)
        var searched = 0
        let found = try search.run(in: labels, months.shelf) { _ in
            shown.reached(searched)
            searched += 1
        }
        shown.finish()
        guard !found.isEmpty else { throw BrowsingError.nothingFound(pattern) }
        for one in found { show(one) }
    }

    private func show(_ found: PathSearch.Found) {
        if output.json {
            return Terminal.json([
                "path": .string(ShownPath.text(found.path)), "kind": .string(found.kind.rawValue),
                "labels": .array(found.labels.map { .string($0.description) }),
                "last": .object(EntryText.json(found.last)),
            ])
        }
        let months = found.labels.count == 1 ? "1 month" : "\(found.labels.count) months"
        let size = found.last.size.map { Terminal.bytes($0) } ?? found.kind.rawValue
        Terminal.data(
            "\(found.labels[0])\t\(found.labels[found.labels.count - 1])\t\(months)\t\(size)\t"
                + ShownPath.text(found.path))
    }
}
