import ArgumentParser
import Backup
import Browsing
import Catalogue
import JournalFormat
import Machines

struct LsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List a directory of a month, from its catalogue alone.",
        discussion: """
            No artifact is opened and nothing is restored. Prints mode, owner, size, time of the last change (UTC) and \
            name. In a name, a byte that is not UTF-8, a control character and a backslash are written \\xNN; type \
            them the same way. On a workstation it lists the months that this workstation sealed. \
            \(BrowsingOptions.fromServerText) With --from-mirror it looks into the mirror, on any machine that has the recovery kit, and says what it fetched.

            Exit status: 0 listed · 1 the catalogue is damaged · 7 no such month or path, or it has no catalogue here \
            · 8 the key or passphrase does not open it · 9 the mirror refused or cannot be reached · 64 usage; \
            \(BrowsingOptions.fromServerStatuses)
            """)

    @OptionGroup var options: BrowsingOptions
    @OptionGroup var output: JSONOption
    @Argument(help: ArgumentHelp("A month, and a path in it: latest, 2026-01:src.", valueName: "label[:dir]"))
    var place: String
    @Flag(name: .shortAndLong, help: "List all that is below the directory.")
    var recursive = false

    func run() async throws {
        var months = try options.months()
        defer { months.tellTraffic() }
        let place = try PathInLabel(place, months.machine, months.state)
        try await months.bringNames(of: [place.label])
        try DirectoryListing(months.shelf).forEach(in: place, isDeep: recursive) { entry in
            if output.json { return Terminal.json(EntryText.json(entry)) }
            let isBelow = entry.path.count > place.path.count && !place.path.isEmpty
            let name = isBelow ? Array(entry.path[(place.path.count + 1)...]) : entry.path
            Terminal.data(EntryText.line(entry, name: name))
        }
    }
}
