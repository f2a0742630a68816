/// Sizes, times and lists as people read them.
package enum Plain {
    /// `1.2 MiB`
    package static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(count) B" : "\(tenths(value)) \(unit)" }
            value /= 1024
        }
        return "\(tenths(value)) TiB"
    }

    /// `3 days`, `5 hours`, `2 minutes`: the largest unit that fits, rounded down.
    package static func duration(_ milliseconds: Int) -> String {
        let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")]
        guard let (length, name) = units.first(where: { milliseconds >= $0.0 }) else { return "\(milliseconds) ms" }
        return counted(milliseconds / length, name)
    }

    /// `1 record`, `2 records`
    package static func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

    /// `4`, `4 and 5`, `4, 5, 6 and 12 more`
    package static func list(_ words: [String], atMost limit: Int = 6) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "none" }
        if words.count > limit {
            return words.prefix(limit).joined(separator: ", ") + " and \(words.count - limit) more"
        }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
