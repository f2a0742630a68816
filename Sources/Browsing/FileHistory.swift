package import Backup
package import Catalogue

/// An object through the months: which versions of it there are, and under which paths.
package struct FileHistory {
    /// One version, in months that follow each other.
    package struct Version: Sendable, Equatable {
        package fileprivate(set) var labels: [Label]
        package let path: [UInt8]
        package let entry: ListingEntry

        fileprivate func isSame(_ other: ListingEntry) -> Bool {
            entry.path == other.path && ListingDifference.aspects(entry, other).isEmpty
        }
    }

    private let shelf: CatalogueShelf

    package init(_ shelf: CatalogueShelf) {
        self.shelf = shelf
    }

    /// The newest first; months between two that lack it have it not.
    ///
    /// A path is the same object from month to month. Where a month has none of that path, it is looked for under the
    /// name that it was renamed from; across a full stream, which knows no renames, under the only one of the same
    /// content that is gone later.
    ///
    /// - Parameter path: as the newest month that has it names it.
    package func versions(of path: [UInt8], progress: (Label) -> Void = { _ in }) throws -> [Version] {
        var versions: [Version] = []
        var path = path
        var newer: (label: Label, listing: ListingText)?
        for label in shelf.labels.reversed() {
            progress(label)
            let listing = try shelf.listing(of: label)
            var entry = try listing.entry(at: path)
            if entry == nil, let found = newer, let later = versions.last, later.labels.last == found.label,
                let former = try formerPath(of: later.entry, found.label, found.listing, label, listing)
            {
                path = former
                entry = try listing.entry(at: path)
            }
            newer = (label, listing)
            guard let entry else { continue }
            let isNext = versions.last?.labels.last.map { isPrevious(label, to: $0) } ?? false
            if isNext, let last = versions.last, last.isSame(entry) {
                versions[versions.count - 1].labels.append(label)
            } else {
                versions.append(Version(labels: [label], path: path, entry: entry))
            }
        }
        guard !versions.isEmpty else { throw BrowsingError.neverThere(path) }
        for index in versions.indices { versions[index].labels.reverse() }
        return versions
    }

    private func isPrevious(_ label: Label, to other: Label) -> Bool {
        guard let index = shelf.labels.firstIndex(of: other), index > 0 else { return false }
        return shelf.labels[index - 1] == label
    }

    /// Under which path the month before had what a month has; nil where it is new.
    private func formerPath(
        of entry: ListingEntry, _ label: Label, _ listing: ListingText, _ before: Label, _ listingBefore: ListingText
    ) throws -> [UInt8]? {
        if shelf.parent(of: label) == before, let map = try shelf.map(of: label) {
            return try RenamesOfMonth(map).former(entry.path)
        }
        guard entry.kind == .file, entry.size != 0 else { return nil }
        var candidates: [[UInt8]] = []
        try listingBefore.forEach { other in
            guard other.sha256 == entry.sha256, try listing.entry(at: other.path) == nil else { return }
            candidates.append(other.path)
        }
        return candidates.count == 1 ? candidates[0] : nil
    }
}

/// What an increment does to names, for looking back.
struct RenamesOfMonth {
    private enum Step {
        case rename(from: [UInt8], to: [UInt8])
        case link(from: [UInt8], to: [UInt8])
        case make([UInt8])
    }

    private var steps: [Step] = []

    init(_ map: [UInt8]) throws(CatalogueError) {
        var reader = StreamMapReader()
        var steps: [Step] = []
        try reader.read(map.span) { (line) throws(CatalogueError) in
            guard case .entry(let entry) = line else { return }
            switch entry {
            case .make(_, let path): steps.append(.make(path))
            case .rename(let path, let other): steps.append(.rename(from: path, to: other))
            case .hardLink(let path, let other): steps.append(.link(from: other, to: path))
            default: break
            }
        }
        try reader.finish()
        self.steps = steps
    }

    /// The path that it had before the month; nil for what the month made.
    func former(_ path: [UInt8]) -> [UInt8]? {
        var path = path
        for step in steps.reversed() {
            switch step {
            case .make(path): return nil
            case .link(let from, path): path = from
            case .rename(let from, path): path = from
            case .rename(let from, let to)
            where path.count > to.count && path[to.count] == UInt8(ascii: "/") && path.starts(with: to):
                path = from + path[to.count...]
            default: break
            }
        }
        return path
    }
}
