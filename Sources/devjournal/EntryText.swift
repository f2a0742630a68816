import Browsing
import Catalogue
import Digest
import JournalFormat

/// An object of a month's tree, as commands print it.
enum EntryText {
    static func path(_ entry: ListingEntry) -> String { entry.path.isEmpty ? "." : ShownPath.text(entry.path) }

    /// As `ls -l` has it, times in UTC.
    static func line(_ entry: ListingEntry, name: [UInt8]) -> String {
        let size = entry.device.map { "\($0.major),\($0.minor)" } ?? entry.size.map { "\($0)" } ?? "-"
        let target = entry.target.map { " -> \(ShownPath.text($0))" } ?? ""
        let padding = String(repeating: " ", count: max(0, 12 - size.count))
        return "\(mode(entry)) \(entry.owner):\(entry.group) \(padding)\(size) \(time(entry) ?? "-") "
            + (name.isEmpty ? "." : ShownPath.text(name)) + target
    }

    static func json(_ entry: ListingEntry) -> JSONObject {
        var object: JSONObject = [
            "path": .string(path(entry)), "kind": .string(entry.kind.rawValue), "mode": .string(octal(entry.mode)),
            "uid": .integer(Int(entry.owner)), "gid": .integer(Int(entry.group)),
        ]
        object["size"] = entry.size.map { .integer($0) }
        object["modified"] = time(entry).map { .string($0) }
        object["sha256"] = entry.sha256.map { .string($0.hex) }
        object["target"] = entry.target.map { .string(ShownPath.text($0)) }
        object["device"] = entry.device.map { .string("\($0.major):\($0.minor)") }
        if let same = entry.same, same != entry.path { object["same"] = .string(ShownPath.text(same)) }
        return object
    }

    /// To the second.
    private static func time(_ entry: ListingEntry) -> String? {
        // Up to the end of the year 9999; a file system takes later times, which nobody meant.
        guard let modified = entry.modified, (0..<253_402_300_800_000_000_000).contains(modified) else { return nil }
        return "\(Timestamp(milliseconds: Int(modified / 1_000_000)).description.prefix(19))Z"
    }

    private static func octal(_ mode: UInt16) -> String {
        let text = String(mode, radix: 8)
        return String(repeating: "0", count: 4 - text.count) + text
    }

    private static func mode(_ entry: ListingEntry) -> String {
        let kinds: [ListingEntry.Kind: Character] = [
            .file: "-", .directory: "d", .symbolicLink: "l", .fifo: "p", .socket: "s", .characterDevice: "c",
            .blockDevice: "b",
        ]
        var text = String(kinds[entry.kind] ?? "?")
        for (shift, special, letter) in [(6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")] {
            let bits = Int(entry.mode) >> shift & 7
            text += bits & 4 != 0 ? "r" : "-"
            text += bits & 2 != 0 ? "w" : "-"
            let isSpecial = Int(entry.mode) & special != 0
            switch (bits & 1 != 0, isSpecial) {
            case (true, true): text += letter
            case (false, true): text += letter.uppercased()
            case (true, false): text += "x"
            case (false, false): text += "-"
            }
        }
        return text
    }
}
