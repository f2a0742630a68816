import Age
package import Backup
import Catalogue
import Digest
import DurableFiles
package import Machines
package import SystemPackage
import TreeHash

/// Brings a month's tree, or parts of it, out of its artifacts into a directory of any file system.
///
/// 1. The catalogues say which objects there are, and where the bytes of each file lie (`ExtractionSelection`,
///    `ArtifactChain`).
/// 2. What stands in the directory already is looked at (`ExtractionPlaces`); the journal records what leaves.
/// 3. Artifacts are read in the order of their streams, each frame once, for all files together (`ExtractionRun`). A file
///    whose content is the one that was signed gets its name; another one does not, and the rest continues.
/// 4. Times and modes of directories come last, then all of it is synced to its disk. Where everything of the month is there, the tree is hashed as a whole.
package struct Extraction {
    package struct Request: Sendable {
        package let label: Label
        /// As a person types them; none for all.
        package let paths: [String]
        package let target: FilePath
        /// Whether files that are there are replaced.
        package let overwrites: Bool

        package init(_ label: Label, _ paths: [String], to target: FilePath, overwrites: Bool) {
            self.label = label
            self.paths = paths
            self.target = target
            self.overwrites = overwrites
        }
    }

    private let shelf: CatalogueShelf
    private let release: ReadingRelease
    private let reporter: any Reporter

    package init(_ shelf: CatalogueShelf, _ release: ReadingRelease, _ reporter: any Reporter) {
        self.shelf = shelf
        self.release = release
        self.reporter = reporter
    }

    package func run(_ request: Request) throws -> ExtractionResult {
        let label = request.label
        let catalogue = try shelf.catalogue(of: label, [.listing, .frames, .map])
        let listing = try catalogue.listing()
        let selection = try ExtractionSelection(request.paths, in: listing, of: label)
        let chain = try ArtifactChain(catalogue, on: shelf)
        // As this user: what is opened now is read by its descriptor, also once this process is another user.
        for artifact in chain.artifacts { try artifact.openIfSound() }
        let target = try Account.asCaller { try TargetTree(request.target) }
        defer { Account.asCaller { target.finish() } }
        let places = try Account.asCaller {
            try ExtractionPlaces(selection, in: target, overwrites: request.overwrites)
        }
        let run = try ExtractionRun(chain, selection, places, target, reporter, overwrites: request.overwrites)
        try Account.asCaller { try run.requireRoom() }
        try release.record(label, selection.roots)
        return try Account.asCaller {
            var result = try run.carryOut()
            target.finish()
            try target.synchronize()
            result.tree = try compared(result, selection, target, listing, catalogue.tree)
            return result
        }
    }

    /// All of the tree as one, where that can be said.
    private func compared(
        _ result: ExtractionResult, _ selection: ExtractionSelection, _ target: TargetTree, _ listing: ListingText,
        _ tree: String?
    ) throws -> ExtractionResult.Tree {
        guard selection.top != nil else { return .notCompared("only parts of it were asked for") }
        guard let tree, result.failures.isEmpty else { return .notCompared("not all of its files came out") }
        guard target.wasEmpty || result.kept > 0 else { return .notCompared("\(target.path) was not empty") }
        guard result.losses.all.isEmpty else {
            return .notCompared("the file system, or this user, does not hold all of it")
        }
        let meter = reporter.progress("comparing \(target.path)", total: result.bytes)
        defer { meter.finish() }
        var found: [UInt8] = []
        let hash = try TreeHash(target.path, progress: { meter.reached($0) }) { found += $0 }
        if hash.digest.hex == tree { return .equal(tree) }
        let changes = try ListingDifference(from: listing, to: try ListingText(found)).changes
        let first = changes.prefix(5).map { $0.text { ShownPath.text($0) } }
        return .differs(first.joined(separator: ", "), objects: changes.count)
    }
}

/// What was extracted, and what was not.
package struct ExtractionResult: Sendable {
    /// A file, or what hangs on it, that did not come out as it was sealed.
    package struct Failure: Sendable, Equatable {
        package let path: [UInt8]
        /// Of the artifacts that it was to be read from.
        package let labels: [Label]
        package let why: String
    }

    /// How the whole tree compares with the one whose hash was signed.
    package enum Tree: Sendable, Equatable {
        case equal(String)
        /// The first objects that differ, and how many they are.
        case differs(String, objects: Int)
        case notCompared(String)
    }

    package internal(set) var files = 0
    package internal(set) var directories = 0
    /// Symbolic links, FIFOs, sockets, devices, and further names of files.
    package internal(set) var others = 0
    /// Of the files' contents.
    package internal(set) var bytes = 0
    /// Objects that were there already, the same.
    package internal(set) var kept = 0
    package internal(set) var failures: [Failure] = []
    package internal(set) var losses = ExtractionLosses()
    package internal(set) var tree = Tree.notCompared("")
    /// Of artifacts' files.
    package internal(set) var bytesRead = 0
}
