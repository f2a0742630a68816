internal import Digest

/// What differs between two trees, by their listings alone.
///
/// What went from one path and came at another with the same content is one that moved: a file by its hash, a directory
/// with all that is in it.
package struct ListingDifference: Sendable {
    package enum Aspect: String, Sendable, CaseIterable {
        case kind, contents, mode, owner, modified, attributes, target, device, links
    }

    package enum Change: Sendable, Equatable {
        case added(ListingEntry)
        case removed(ListingEntry)
        case changed(from: ListingEntry, to: ListingEntry, [Aspect])
        case moved(from: ListingEntry, to: ListingEntry)
    }

    /// By their paths' order in the newer tree, what was removed by that in the older.
    package private(set) var changes: [Change] = []

    package init(from old: ListingText, to new: ListingText) throws(CatalogueError) {
        var (before, after) = (old.cursor(), new.cursor())
        while true {
            switch (before.line, after.line) {
            case (nil, nil):
                joinMoves()
                return
            case (let line?, nil):
                changes.append(.removed(try line.entry()))
                before.advance()
            case (nil, let line?):
                changes.append(.added(try line.entry()))
                after.advance()
            case (let left?, let right?):
                let order = left.compare(right)
                if order < 0 {
                    changes.append(.removed(try left.entry()))
                } else if order > 0 {
                    changes.append(.added(try right.entry()))
                } else if !left.isEqual(right) {
                    let (from, to) = (try left.entry(), try right.entry())
                    let aspects = Self.aspects(from, to)
                    // A name that is gone elsewhere changes `same` alone.
                    if !aspects.isEmpty { changes.append(.changed(from: from, to: to, aspects)) }
                }
                if order <= 0 { before.advance() }
                if order >= 0 { after.advance() }
            }
        }
    }

    package static func aspects(_ from: ListingEntry, _ to: ListingEntry) -> [Aspect] {
        if from.kind != to.kind { return [.kind] }
        let differs: [(Aspect, Bool)] = [
            (.contents, from.sha256 != to.sha256 || from.size != to.size && from.kind == .file),
            (.mode, from.mode != to.mode), (.owner, from.owner != to.owner || from.group != to.group),
            (.modified, from.modified != to.modified), (.attributes, from.attributes != to.attributes),
            (.target, from.target != to.target), (.device, from.device != to.device), (.links, from.links != to.links),
        ]
        return differs.filter(\.1).map(\.0)
    }

    // MARK: Moves

    private struct Content: Hashable {
        let kind: ListingEntry.Kind
        /// A file's hash, or a link's target.
        let bytes: [UInt8]
    }

    private static func content(_ entry: ListingEntry) -> Content? {
        switch entry.kind {
        case .file: entry.size == 0 ? nil : entry.sha256.map { Content(kind: .file, bytes: $0.bytes) }
        case .symbolicLink: entry.target.map { Content(kind: .symbolicLink, bytes: $0) }
        default: nil
        }
    }

    /// Pairs what was removed with what was added.
    private mutating func joinMoves() {
        var removed: [Content: [Int]] = [:]
        for (index, change) in changes.enumerated().reversed() {
            if case .removed(let entry) = change, let content = Self.content(entry) {
                removed[content, default: []].append(index)
            }
        }
        if removed.isEmpty { return }
        var directories = MovedDirectories()
        var sources: Set<Int> = []
        for (index, change) in changes.enumerated() {
            guard case .added(let entry) = change, let content = Self.content(entry),
                let source = Self.takeSource(of: entry, &removed[content], in: changes),
                case .removed(let former) = changes[source]
            else { continue }
            sources.insert(source)
            changes[index] = .moved(from: former, to: entry)
            directories.add(former.path, entry.path)
        }
        changes = changes.enumerated().filter { !sources.contains($0.offset) }.map(\.element)
        joinDirectories(directories)
    }

    /// One of the same name is the first choice.
    private static func takeSource(of entry: ListingEntry, _ candidates: inout [Int]?, in changes: [Change]) -> Int? {
        guard let all = candidates, !all.isEmpty else { return nil }
        let name = entry.path.split(separator: UInt8(ascii: "/")).last
        let chosen =
            all.lastIndex { index in
                guard case .removed(let former) = changes[index] else { return false }
                return former.path.split(separator: UInt8(ascii: "/")).last == name
            } ?? all.count - 1
        return candidates?.remove(at: chosen)
    }

    /// A directory that moved as a whole is one line.
    private mutating func joinDirectories(_ directories: MovedDirectories) {
        var (removed, added): ([[UInt8]: ListingEntry], [[UInt8]: ListingEntry]) = ([:], [:])
        for change in changes {
            switch change {
            case .removed(let entry) where entry.kind == .directory: removed[entry.path] = entry
            case .added(let entry) where entry.kind == .directory: added[entry.path] = entry
            default: break
            }
        }
        var (whole, successor): ([[UInt8]: [UInt8]], [[UInt8]: [UInt8]]) = ([:], [:])
        for (to, from) in directories.pairs where removed[from] != nil && added[to] != nil && successor[from] == nil {
            (whole[to], successor[from]) = (from, to)
        }
        // Something that stayed, or came from elsewhere, takes the directory apart.
        for change in changes {
            switch change {
            case .removed(let entry) where successor[entry.path] == nil:
                for from in Self.above(entry.path) { if let to = successor[from] { whole[to] = nil } }
            case .added(let entry) where whole[entry.path] == nil:
                for to in Self.above(entry.path) { whole[to] = nil }
            case .moved(let from, let to):
                for above in Self.above(to.path) {
                    guard let source = whole[above] else { continue }
                    if source + to.path[above.count...] != from.path { whole[above] = nil }
                }
            default: break
            }
        }
        let gone = Set(whole.values)
        changes = changes.compactMap { change in
            switch change {
            case .added(let entry):
                if let source = whole[entry.path], let former = removed[source] {
                    return Self.above(entry.path).contains { whole[$0] != nil } ? nil : .moved(from: former, to: entry)
                }
                return change
            case .removed(let entry): return gone.contains(entry.path) ? nil : change
            case .moved(_, let to): return Self.above(to.path).contains { whole[$0] != nil } ? nil : change
            case .changed: return change
            }
        }
    }

    /// The directories that a path is in, without the top.
    fileprivate static func above(_ path: [UInt8]) -> [[UInt8]] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { Array(path[..<$0]) }
    }
}

/// Of which directory each directory may be the successor, by the files that moved.
private struct MovedDirectories {
    /// New path to old one.
    private(set) var pairs: [[UInt8]: [UInt8]] = [:]

    mutating func add(_ from: [UInt8], _ to: [UInt8]) {
        var (olds, news) = (ListingDifference.above(from), ListingDifference.above(to))
        while let old = olds.popLast(), let new = news.popLast(), old != new {
            if pairs[new] == nil { pairs[new] = old }
        }
    }
}

extension ListingDifference.Change {
    /// `PATH (new)`, `PATH (gone)`, `PATH (contents, mode)` or `PATH (now PATH)`: for a person. The top is `.`.
    ///
    /// - Parameter name: writes any other path.
    package func text(naming name: ([UInt8]) -> String) -> String {
        func path(_ entry: ListingEntry) -> String { entry.path.isEmpty ? "." : name(entry.path) }
        return switch self {
        case .added(let entry): "\(path(entry)) (new)"
        case .removed(let entry): "\(path(entry)) (gone)"
        case .changed(_, let entry, let aspects):
            "\(path(entry)) (\(aspects.map(\.rawValue).joined(separator: ", ")))"
        case .moved(let from, let to): "\(path(from)) (now \(path(to)))"
        }
    }
}
