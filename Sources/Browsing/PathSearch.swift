package import Backup
package import Catalogue
import Glibc

/// Names looked for in all months, by patterns of the shell.
///
/// A pattern without a slash is compared with names, one with a slash with whole paths, in which `*` stands for slashes,
/// too (fnmatch(3), without FNM_PATHNAME).
package struct PathSearch {
    /// A path, and the months that have it.
    package struct Found: Sendable, Equatable {
        package let path: [UInt8]
        package let kind: ListingEntry.Kind
        /// In their order.
        package fileprivate(set) var labels: [Label]
        /// As it was in the last of them.
        package fileprivate(set) var last: ListingEntry
    }

    private let pattern: [CChar]
    private let isForPaths: Bool
    private let ignoresCase: Bool
    private let kind: ListingEntry.Kind?

    package init(_ pattern: String, ignoresCase: Bool = false, kind: ListingEntry.Kind? = nil) throws(BrowsingError) {
        let bytes = ShownPath.pattern(pattern)
        guard !bytes.isEmpty, !bytes.contains(0) else { throw .notAPath(pattern) }
        isForPaths = bytes.contains(UInt8(ascii: "/"))
        let isRooted = bytes.first == UInt8(ascii: "/")
        self.pattern = (isRooted ? bytes.dropFirst() : bytes[...]).map { CChar(bitPattern: $0) } + [0]
        self.ignoresCase = ignoresCase
        self.kind = kind
    }

    package func matches(_ path: [UInt8]) -> Bool {
        let text = isForPaths ? path[...] : path.suffix(from: path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)
        let name = text.map { CChar(bitPattern: $0) } + [0]
        return unsafe fnmatch(pattern, name, ignoresCase ? 1 << 4 : 0) == 0
    }

    /// In these months, by their paths; a path that was a file and later a directory is there twice.
    package func run(
        in labels: [Label], _ shelf: CatalogueShelf, progress: (Label) -> Void = { _ in }
    ) throws -> [Found] {
        struct Key: Hashable {
            let path: [UInt8]
            let kind: ListingEntry.Kind
        }
        var found: [Key: Found] = [:]
        for label in labels {
            progress(label)
            let listing = try shelf.listing(of: label)
            var cursor = listing.cursor()
            while let line = cursor.line {
                cursor.advance()
                guard let path = line.path, !path.isEmpty, matches(path) else { continue }
                let entry = try line.entry()
                if let kind, entry.kind != kind { continue }
                let key = Key(path: path, kind: entry.kind)
                if found[key] == nil { found[key] = Found(path: path, kind: entry.kind, labels: [], last: entry) }
                found[key]?.labels.append(label)
                found[key]?.last = entry
            }
        }
        return found.values.sorted { left, right in
            left.path == right.path
                ? left.labels[0] < right.labels[0] : left.path.lexicographicallyPrecedes(right.path)
        }
    }
}
