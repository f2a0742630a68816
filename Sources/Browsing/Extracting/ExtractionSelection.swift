package import Backup
package import Catalogue

/// Which objects of a month's tree are wanted.
package struct ExtractionSelection: Sendable {
    /// In the order of the listing, with the directories above them.
    package let entries: [ListingEntry]
    /// Set where all of the tree is wanted.
    package let top: ListingEntry?
    /// The objects that were asked for, without those below them; none for the whole tree.
    package let roots: [[UInt8]]

    /// - Parameter paths: each an object's path, which brings all that is below it, or else a pattern as `PathSearch` has
    ///   it; nothing for the whole tree.
    /// - Throws: `BrowsingError.noSuchPath` for one that names nothing.
    package init(_ paths: [String], in listing: ListingText, of label: Label) throws {
        var roots: Set<[UInt8]> = []
        var patterns: [PathSearch] = []
        for text in paths {
            if let path = try? ShownPath.bytes(text), try listing.entry(at: path) != nil {
                roots.insert(path)
            } else if Self.canBePattern(text) {
                patterns.append(try PathSearch(text))
            } else {
                throw BrowsingError.noSuchPath(try ShownPath.bytes(text), in: label)
            }
        }
        let found = try Self.finding(isWhole: paths.isEmpty || roots.contains([]), roots: roots, patterns, in: listing)
        entries = found.entries
        top = found.top
        self.roots = found.found
        if let pattern = zip(found.isFound, paths.filter { Self.isPattern($0, roots) }).first(where: { !$0.0 }) {
            throw BrowsingError.nothingFoundIn(pattern.1, label)
        }
    }

    /// - Parameter roots: paths of objects; none for the whole tree.
    /// - Throws: `BrowsingError.noSuchPath` for one that names nothing.
    init(roots: [[UInt8]], in listing: ListingText, of label: Label) throws {
        for root in roots where try listing.entry(at: root) == nil {
            throw BrowsingError.noSuchPath(root, in: label)
        }
        let found = try Self.finding(
            isWhole: roots.isEmpty || roots.contains([]), roots: Set(roots), [], in: listing)
        (entries, top, self.roots) = (found.entries, found.top, found.found)
    }

    private static func finding(
        isWhole: Bool, roots: Set<[UInt8]>, _ patterns: [PathSearch], in listing: ListingText
    ) throws -> Finding {
        var found = Finding(isWhole: isWhole, roots: roots, patterns: patterns)
        try listing.forEach { found.look(at: $0) }
        return found
    }

    /// Whether the text of a person can be a pattern: then only the listing tells what it names.
    static func canBePattern(_ text: String) -> Bool { text.utf8.contains { wildcards.contains($0) } }

    private static let wildcards = Array("*?[".utf8)

    private static func isPattern(_ text: String, _ roots: Set<[UInt8]>) -> Bool {
        guard let path = try? ShownPath.bytes(text) else { return true }
        return !roots.contains(path)
    }

    private struct Finding {
        let isWhole: Bool
        let roots: Set<[UInt8]>
        let patterns: [PathSearch]
        var isFound: [Bool]
        var entries: [ListingEntry] = []
        var top: ListingEntry?
        var found: [[UInt8]] = []
        /// Directories above the place at hand that nobody has asked for yet.
        private var above: [ListingEntry] = []
        /// All below it is wanted.
        private var wanted: [UInt8]?

        init(isWhole: Bool, roots: Set<[UInt8]>, patterns: [PathSearch]) {
            (self.isWhole, self.roots, self.patterns) = (isWhole, roots, patterns)
            isFound = patterns.map { _ in false }
        }

        mutating func look(at entry: ListingEntry) {
            if entry.path.isEmpty {
                if isWhole { top = entry }
                return
            }
            if isWhole { return entries.append(entry) }
            while let last = above.last, !Self.is(entry.path, below: last.path) { above.removeLast() }
            if let wanted, Self.is(entry.path, below: wanted) {
                _ = isMatch(entry.path)
                return entries.append(entry)
            }
            wanted = nil
            if isMatch(entry.path) || roots.contains(entry.path) {
                entries += above + [entry]
                found.append(entry.path)
                above = []
                if entry.kind == .directory { wanted = entry.path }
            } else if entry.kind == .directory {
                above.append(entry)
            }
        }

        private mutating func isMatch(_ path: [UInt8]) -> Bool {
            var isAny = false
            for (index, pattern) in patterns.enumerated() where pattern.matches(path) {
                isFound[index] = true
                isAny = true
            }
            return isAny
        }

        private static func `is`(_ path: [UInt8], below other: [UInt8]) -> Bool {
            path.count > other.count && path[other.count] == UInt8(ascii: "/") && path.starts(with: other)
        }
    }
}
