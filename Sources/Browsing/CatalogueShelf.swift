import Age
import Artifacts
package import Backup
package import Catalogue
import Digest
import DurableFiles
package import Machines
import Restoring
import Sealing
import SystemPackage

/// Where the catalogues of this machine are: on a server those of all months, on a workstation those that it made.
package struct CatalogueShelf {
    private enum Place {
        case server(ServerTree, [AgeIdentity])
        case workstation(ClearCatalogues)
    }

    package let state: BackupState
    private let place: Place

    package init(_ machine: Machine) throws {
        state = try machine.state()
        place =
            try machine.readsReplica()
            ? .workstation(ClearCatalogues(machine))
            : .server(machine.server, try AgeKeyFiles(machine.server).read())
    }

    /// Registered labels in their order.
    package var labels: [Label] { state.order }

    /// The tree of a label, as it was sealed.
    package func listing(of label: Label) throws -> ListingText {
        guard let listing = try sections(of: label, [.listing])[.listing] else { throw BrowsingError.noListing(label) }
        guard let tree = try entry(label).stream?.tree, SHA256.hash(listing.span).hex == tree else {
            throw BrowsingError.otherListing(label)
        }
        do {
            return try ListingText(listing)
        } catch {
            throw BrowsingError.catalogueDamaged(label, "\(error)")
        }
    }

    /// What the label's stream does; nil where its catalogue does not say.
    package func map(of label: Label) throws -> [UInt8]? { try sections(of: label, [.map])[.map] }

    /// What opens artifacts; none on a workstation.
    func identities() -> [AgeIdentity] {
        if case .server(_, let identities) = place { return identities }
        return []
    }

    /// The frame table of a label's artifact.
    func frames(of label: Label) throws -> FrameTable {
        let text = try sections(of: label, [.frames])[.frames] ?? []
        guard let table = FrameTable(parsing: text[...]),
            try entry(label).stream?.frames?.sha256 == table.hashes.sha256.hex
        else { throw BrowsingError.catalogueDamaged(label, "its frame table is not the one that was signed") }
        return table
    }

    /// The label that its stream starts from.
    func parent(of label: Label) -> Label? { state.entries[label]?.artifact.name.kind.parent }

    private func entry(_ label: Label) throws -> BackupState.Entry {
        guard let entry = state.entries[label] else { throw BrowsingError.notRegistered(label) }
        return entry
    }

    private func sections(
        of label: Label, _ wanted: Set<CatalogueText.Section>
    ) throws -> [CatalogueText.Section: [UInt8]] {
        let (file, plainSHA256) = try file(of: label)
        var found: [CatalogueText.Section: [UInt8]] = [:]
        do {
            let hash = try file.read { section, piece in
                guard wanted.contains(section) else { return }
                unsafe piece.withUnsafeBufferPointer { unsafe found[section, default: []].append(contentsOf: $0) }
            }
            guard hash.hex == plainSHA256 else { throw CatalogueError.format("its text is another one") }
        } catch let failure as FileFailure {
            if failure.errno == .noSuchFileOrDirectory { throw missing(label) }
            throw failure
        } catch {
            throw BrowsingError.catalogueDamaged(label, "\(error)")
        }
        return found
    }

    private func missing(_ label: Label) -> BrowsingError {
        if case .workstation = place { return .notMadeHere(label) }
        return .catalogueMissing(label)
    }

    private func file(of label: Label) throws -> (CatalogueFile, plainSHA256: String) {
        let entry = try entry(label)
        guard let sealed = entry.stream?.catalogue else { throw BrowsingError.noCatalogue(label) }
        switch place {
        case .server(let server, let identities):
            guard let file = entry.catalogueFile(server.root, with: identities) else {
                throw BrowsingError.noCatalogue(label)
            }
            return (file, sealed.plainSHA256)
        case .workstation(let catalogues):
            return (CatalogueFile(clear: catalogues.path(of: label), plainBytes: sealed.plainBytes), sealed.plainSHA256)
        }
    }
}
