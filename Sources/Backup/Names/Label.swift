internal import JournalFormat

/// A data set's month, `dev@2026-01`: names a snapshot and its artifact.
package struct Label: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let dataset: String
    /// Months since the year 0, so that months can be counted.
    package let month: Int

    package init(dataset: String, year: Int, month: Int) {
        self.dataset = dataset
        self.month = year * 12 + month - 1
    }

    private init(dataset: String, months: Int) {
        self.dataset = dataset
        month = months
    }

    /// From `dev@2026-01`; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(dataset: String(parts[0]), month: String(parts[1]))
    }

    /// From a data set's name and `2026-01`.
    package init?(dataset: String, month text: String) {
        let bytes = Array(text.utf8)
        guard KeyEvent.isDataset(dataset), bytes.count == 7, bytes[4] == UInt8(ascii: "-"),
            (bytes[..<4] + bytes[5...]).allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let year = Int(text.prefix(4)), let month = Int(text.suffix(2)), (1...12).contains(month), year >= 1970
        else { return nil }
        self.init(dataset: dataset, year: year, month: month)
    }

    /// `2026-01`
    package var monthText: String {
        let month = month % 12 + 1
        return "\(self.month / 12)-\(month < 10 ? "0" : "")\(month)"
    }

    package var description: String { "\(dataset)@\(monthText)" }

    /// `dev@2026-01.catalogue.zst.age`
    package var catalogueName: String { "\(self).catalogue.zst.age" }
    /// Where the server keeps it, below the data set's root.
    package var cataloguePath: String { "catalogues/\(catalogueName)" }

    package func adding(months: Int) -> Label { Label(dataset: dataset, months: month + months) }

    package static func < (left: Label, right: Label) -> Bool {
        (left.month, left.dataset) < (right.month, right.dataset)
    }
}
