package import Catalogue

/// What is in a directory of a month.
package struct DirectoryListing {
    private let shelf: CatalogueShelf

    package init(_ shelf: CatalogueShelf) {
        self.shelf = shelf
    }

    /// Gives out what a directory holds, or with `isDeep` all that is below it; of anything else, itself.
    package func forEach(in place: PathInLabel, isDeep: Bool, _ body: (ListingEntry) throws -> Void) throws {
        let listing = try shelf.listing(of: place.label)
        guard let entry = try listing.entry(at: place.path) else {
            throw BrowsingError.noSuchPath(place.path, in: place.label)
        }
        if entry.kind != .directory { return try body(entry) }
        guard isDeep else { return try listing.forEachChild(of: place.path, body) }
        try listing.forEach(below: place.path) { if $0.path != place.path { try body($0) } }
    }
}
