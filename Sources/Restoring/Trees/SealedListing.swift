package import Catalogue
import Digest
package import Sealing
import Synchronization
import SystemPackage
import TreeHash
import VisibleText

/// Brings the listing of a tree as it was sealed; nil where there is none. Asked only if a tree is another one.
package typealias SealedListing = () async throws -> ListingText?

extension CatalogueFile {
    /// The listing whose hash is `tree`; nil where the catalogue has none, or another one.
    package func listing(of tree: String) throws -> ListingText? {
        guard let text = try sections([.listing]).found[.listing] else { return nil }
        guard SHA256.hash(text.span).hex == tree else { return nil }
        return try ListingText(text)
    }
}

/// How a tree differs from the one that was sealed, by their listings.
struct SealedTreeDifference {
    /// Objects named at most.
    private static let shownAtMost = 5

    private let changes: [ListingDifference.Change]

    init(of place: FilePath, from sealed: ListingText) async throws {
        let found = Mutex<[UInt8]>([])
        _ = try await TreeHash.of(place, line: { line in found.withLock { $0 += line } })
        changes = try ListingDifference(from: sealed, to: try ListingText(found.withLock { $0 })).changes
    }

    /// `PATH (new)`, `PATH (gone)`, `PATH (contents, mode)`: the first ones, on one line.
    var text: String {
        let more = changes.count > Self.shownAtMost ? ", and \(changes.count - Self.shownAtMost) more" : ""
        return changes.prefix(Self.shownAtMost).map { $0.text { VisibleText.line($0) } }.joined(separator: ", ") + more
    }
}
