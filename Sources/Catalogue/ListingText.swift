/// The canonical listing of a tree, as text: what it says of a path is found without an object for each line.
///
/// Its lines are in an order: a directory before what is in it, the names in it by their bytes. So a path is found by
/// halving. Whether the text is the listing whose SHA-256 was signed, the caller has checked; of a text out of order some
/// lines are not found.
package struct ListingText: Sendable {
    package static let firstLine = "devjournal/tree/v2"

    private let text: [UInt8]
    /// Where the lines of objects begin.
    let start: Int

    /// - Parameter text: all of it, the first line included.
    package init(_ text: [UInt8]) throws(CatalogueError) {
        let first = Array("\(Self.firstLine)\n".utf8)
        guard text.starts(with: first), text.last == UInt8(ascii: "\n") else {
            throw .listing(byte: 0, "is another format's")
        }
        self.text = text
        start = first.count
    }

    /// Bytes.
    var count: Int { text.count }

    func withText<Value>(_ body: (Span<UInt8>) -> Value) -> Value { body(text.span) }

    /// All of them in their order.
    package func forEach(_ body: (ListingEntry) throws -> Void) throws {
        var place = start
        while place < text.count {
            let end = lineEnd(place)
            try body(try entry(place..<end))
            place = end + 1
        }
    }

    /// What it says of a path; nil where the tree has none. The empty path is the top.
    package func entry(at path: [UInt8]) throws(CatalogueError) -> ListingEntry? {
        let place = firstLine(notBefore: path)
        guard place < text.count else { return nil }
        let entry = try entry(place..<lineEnd(place))
        return entry.path == path ? entry : nil
    }

    /// What is in a directory, by the order of the names' bytes; nothing if the path is not a directory.
    package func forEachChild(of path: [UInt8], _ body: (ListingEntry) throws -> Void) throws {
        let above = path.isEmpty ? path : path + [UInt8(ascii: "/")]
        var place = firstLine(notBefore: path + (path.isEmpty ? [1] : above.suffix(1)))
        while place < text.count {
            let end = lineEnd(place)
            let entry = try entry(place..<end)
            guard entry.path.count > above.count, entry.path.starts(with: above) else { return }
            try body(entry)
            // Past all that is in it: no name has a byte lower than this one.
            place = entry.kind == .directory ? firstLine(notBefore: entry.path + [1], from: end + 1) : end + 1
        }
    }

    /// An object and, of a directory, all that is below it, in the order of the listing.
    package func forEach(below path: [UInt8], _ body: (ListingEntry) throws -> Void) throws {
        var place = firstLine(notBefore: path)
        while place < text.count {
            let end = lineEnd(place)
            let entry = try entry(place..<end)
            let isBelow = path.isEmpty || (entry.path.count > path.count && entry.path[path.count] == UInt8(ascii: "/"))
            guard entry.path.starts(with: path), isBelow || entry.path.count == path.count else { return }
            try body(entry)
            place = end + 1
        }
    }

    func entry(_ line: Range<Int>) throws(CatalogueError) -> ListingEntry {
        guard let entry = ListingEntry(parsing: text.span.extracting(line)) else {
            throw .listing(byte: line.lowerBound, "is not one that a tree has")
        }
        return entry
    }

    func lineEnd(_ start: Int) -> Int {
        var place = start
        while text[place] != UInt8(ascii: "\n") { place += 1 }
        return place
    }

    /// Where the first line begins whose path is not before `path`; the text's end where there is none.
    private func firstLine(notBefore path: [UInt8], from first: Int? = nil) -> Int {
        var (low, high) = (first ?? start, text.count)
        while low < high {
            // The line that holds the middle.
            var line = (low + high) / 2
            while line > low && text[line - 1] != UInt8(ascii: "\n") { line -= 1 }
            if isLine(line, before: path) { low = lineEnd(line) + 1 } else { high = line }
        }
        return low
    }

    /// Compares byte by byte, what ends a name being lower than what continues it.
    private func isLine(_ line: Int, before path: [UInt8]) -> Bool {
        // Each begins with a dot, and the text ends with a line feed.
        guard text[line] == UInt8(ascii: ".") else { return false }
        // The top is before all others.
        guard text[line + 1] == UInt8(ascii: "/") else { return !path.isEmpty }
        var names = PathBytes(line + 2)
        for byte in path {
            guard let mine = names.next(text.span) else { return true }
            let other = byte == UInt8(ascii: "/") ? 0 : Int(byte)
            if mine != other { return mine < other }
        }
        return false
    }
}
