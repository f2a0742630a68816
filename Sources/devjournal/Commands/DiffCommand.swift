import ArgumentParser
import Backup
import Browsing
import Catalogue
import JournalFormat
import Machines

struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show what differs between two months, from their catalogues alone.",
        discussion: """
            Each line begins with + for what was added, - for what was removed, M for what changed (what of it follows \
            in brackets), or R for what moved. A directory that moved whole is one line. --stat counts instead. \
            On a workstation it looks into the months that this workstation sealed. \(BrowsingOptions.fromServerText) With \
            --from-mirror it looks into the mirror, on any machine that has the recovery kit.

            Exit status: 0 shown · 1 a catalogue is damaged · 7 no such month, or it has no catalogue here · 8 the key \
            or passphrase does not open it · 9 the mirror refused or cannot be reached · 64 usage; \
            \(BrowsingOptions.fromServerStatuses)
            """)

    @OptionGroup var options: BrowsingOptions
    @OptionGroup var output: JSONOption
    @Argument(help: ArgumentHelp("The older month.", valueName: "label"))
    var from: String
    @Argument(help: ArgumentHelp("The newer month (default: latest).", valueName: "label"))
    var to = "latest"
    @Flag(help: "Count what differs.")
    var stat = false

    func run() async throws {
        var months = try options.months()
        defer { months.tellTraffic() }
        let (machine, state) = (months.machine, months.state)
        let labels = try [from, to].map { try machine.label($0, in: state) }
        try await months.bringNames(of: labels)
        let shelf = months.shelf
        let changes = try ListingDifference(
            from: try shelf.listing(of: labels[0]), to: try shelf.listing(of: labels[1])
        ).changes
        if stat { return count(changes) }
        for change in changes { output.json ? Terminal.json(json(change)) : Terminal.data(line(change)) }
    }

    private func line(_ change: ListingDifference.Change) -> String {
        switch change {
        case .added(let entry): "+\t\(ShownPath.text(entry.path))"
        case .removed(let entry): "-\t\(ShownPath.text(entry.path))"
        case .changed(_, let entry, let aspects):
            "M\t\(EntryText.path(entry)) (\(aspects.map(\.rawValue).joined(separator: ", ")))"
        case .moved(let from, let to): "R\t\(ShownPath.text(from.path)) -> \(ShownPath.text(to.path))"
        }
    }

    private func json(_ change: ListingDifference.Change) -> JSONObject {
        switch change {
        case .added(let entry): ["change": .string("added"), "to": .object(EntryText.json(entry))]
        case .removed(let entry): ["change": .string("removed"), "from": .object(EntryText.json(entry))]
        case .changed(let from, let to, let aspects):
            [
                "change": .string("changed"), "what": .array(aspects.map { .string($0.rawValue) }),
                "from": .object(EntryText.json(from)), "to": .object(EntryText.json(to)),
            ]
        case .moved(let from, let to):
            [
                "change": .string("moved"), "from": .object(EntryText.json(from)), "to": .object(EntryText.json(to)),
            ]
        }
    }

    private func count(_ changes: [ListingDifference.Change]) {
        var counts = (added: 0, removed: 0, changed: 0, moved: 0)
        var bytes = 0
        for change in changes {
            switch change {
            case .added(let entry):
                counts.added += 1
                bytes += entry.size ?? 0
            case .removed(let entry):
                counts.removed += 1
                bytes -= entry.size ?? 0
            case .changed(let from, let to, _):
                counts.changed += 1
                bytes += (to.size ?? 0) - (from.size ?? 0)
            case .moved: counts.moved += 1
            }
        }
        if output.json {
            return Terminal.json([
                "added": .integer(counts.added), "removed": .integer(counts.removed),
                "changed": .integer(counts.changed), "moved": .integer(counts.moved), "bytes": .integer(bytes),
            ])
        }
        Terminal.data(
            "\(counts.added) added, \(counts.removed) removed, \(counts.changed) changed, \(counts.moved) moved; "
                + "\(bytes < 0 ? "-" : "+")\(Terminal.bytes(abs(bytes)))")
    }
}
