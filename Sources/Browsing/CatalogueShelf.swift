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
        case mirror(BrowsedMirror)
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

    /// Those of a mirror.
    package init(_ mirror: BrowsedMirror) {
        state = mirror.state
        place = .mirror(mirror)
    }

    /// Registered labels in their order.
    package var labels: [Label] { state.order }

    /// The tree of a label, as it was sealed.
    package func listing(of label: Label) throws -> ListingText { try catalogue(of: label, [.listing]).listing() }

    /// What the label's stream does; nil where its catalogue does not say.
    package func map(of label: Label) throws -> [UInt8]? { try catalogue(of: label, [.map]).map }

    /// The sections of a label's catalogue that are wanted; it is read once.
    func catalogue(of label: Label, _ wanted: Set<CatalogueText.Section>) throws -> LoadedCatalogue {
        LoadedCatalogue(entry: try entry(label), sections: try sections(of: label, wanted))
    }

    /// Where an artifact's bytes are.
    func artifact(_ catalogue: LoadedCatalogue) throws -> StoredArtifact {
        switch place {
        case .server(let server, let identities):
            return StoredArtifact(
                catalogue, LocalArtifact(server.root.appending(catalogue.entry.localPath)), identities)
        case .mirror(let mirror):
            return StoredArtifact(catalogue, try mirror.artifact(of: catalogue.entry), mirror.identities)
        case .workstation: throw MachineError.needsServersJournal
        }
    }

    /// Where something is put down for a moment.
    var scratch: FilePath {
        switch place {
        case .server(let server, _): server.temporary
        case .workstation: "/var/tmp"
        case .mirror(let mirror): mirror.scratch.path
        }
    }

    /// The label that its stream starts from.
    func parent(of label: Label) -> Label? { state.entries[label]?.artifact.name.kind.parent }

    private func entry(_ label: Label) throws -> BackupState.Entry {
        guard let entry = state.entries[label] else {
            throw state.isWithdrawn(label) ? BrowsingError.withdrawn(label) : .notRegistered(label)
        }
        return entry
    }

    private func sections(
        of label: Label, _ wanted: Set<CatalogueText.Section>
    ) throws -> [CatalogueText.Section: [UInt8]] {
        let (file, plainSHA256) = try file(of: label)
        do {
            let (found, hash) = try file.sections(wanted)
            guard hash.hex == plainSHA256 else { throw CatalogueError.format("its text is another one") }
            return found
        } catch let error as BrowsingError {
            throw error
        } catch let failure as FileFailure {
            if failure.errno == .noSuchFileOrDirectory { throw missing(label) }
            throw failure
        } catch {
            throw BrowsingError.catalogueDamaged(label, "\(error)")
        }
    }

    private func missing(_ label: Label) -> BrowsingError {
        if case .workstation = place { return .notMadeHere(label) }
        return .catalogueMissing(label)
    }

    private func file(of label: Label) throws -> (CatalogueFile, plainSHA256: String) {
        let entry = try entry(label)
        switch place {
        case .server(let server, let identities):
            guard let text = entry.catalogueText, let file = entry.catalogueFile(server.root, with: identities) else {
                throw BrowsingError.noCatalogue(label)
            }
            return (file, text.plainSHA256)
        case .mirror(let mirror):
            guard let text = entry.catalogueText else { throw BrowsingError.noCatalogue(label) }
            return (try mirror.catalogue(of: entry), text.plainSHA256)
        case .workstation(let catalogues):
            guard let sealed = entry.stream?.catalogue else { throw BrowsingError.noCatalogue(label) }
            return (CatalogueFile(clear: catalogues.path(of: label), plainBytes: sealed.plainBytes), sealed.plainSHA256)
        }
    }
}

/// Sections of an artifact's catalogue, in memory.
struct LoadedCatalogue {
    let entry: BackupState.Entry
    let sections: [CatalogueText.Section: [UInt8]]

    private var label: Label { entry.artifact.label }

    /// Nil where the catalogue has none.
    var map: [UInt8]? { sections[.map] }

    /// The one whose hash was signed.
    func listing() throws -> ListingText {
        guard let listing = sections[.listing] else { throw BrowsingError.noListing(label) }
        guard let tree = entry.listedTree, SHA256.hash(listing.span).hex == tree else {
            throw BrowsingError.otherListing(label)
        }
        do {
            return try ListingText(listing)
        } catch {
            throw BrowsingError.catalogueDamaged(label, "\(error)")
        }
    }

    /// The one whose hashes were signed.
    func frames() throws -> FrameTable {
        guard let frames = entry.frames else { throw BrowsingError.notOfFrames(label) }
        guard let table = FrameTable(parsing: (sections[.frames] ?? [])[...]),
            frames.sha256 == table.hashes.sha256.hex
        else { throw BrowsingError.catalogueDamaged(label, "its frame table is not the one that was signed") }
        return table
    }
}
