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
import Zstd

/// Where the catalogues of this machine are: on a server those of all months, on a workstation those that it made.
package struct CatalogueShelf {
    private enum Place {
        case server(ServerTree, [AgeIdentity])
        /// What the workstation has made, and what the server has sent it.
        case workstation(ClearCatalogues, ReceivedParts?)
        case mirror(BrowsedMirror)
    }

    package let state: BackupState
    private let place: Place

    package init(_ machine: Machine) throws {
        state = try machine.state()
        place =
            try machine.readsReplica()
            ? .workstation(ClearCatalogues(machine), nil)
            : .server(machine.server, try AgeKeyFiles(machine.server).read())
    }

    /// Those of this server, for who asks it.
    package init(ofServer machine: Machine, _ state: BackupState) throws {
        self.state = state
        place = .server(machine.server, try AgeKeyFiles(machine.server).read())
    }

    /// Those of this workstation, and what its server has sent.
    init(_ machine: Machine, _ state: BackupState, _ parts: ReceivedParts) {
        self.state = state
        place = .workstation(ClearCatalogues(machine), parts)
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
        if !wanted.contains(.listing), let parts = try parts(of: label, wanted, listing: nil) { return parts }
        let entry = try entry(label)
        let sections = try sections(of: label, wanted)
        if let signed = received?.signed(of: label) { return LoadedCatalogue(entry, signed, sections) }
        return LoadedCatalogue(entry, sections)
    }

    /// What a server has sent.
    private var received: ReceivedParts? {
        if case .workstation(_, let parts) = place { parts } else { nil }
    }

    /// Whether the label's catalogue is to be had without asking another machine.
    func isHere(_ label: Label) -> Bool {
        guard case .workstation(let own, let parts) = place else { return true }
        return parts?.signed(of: label) != nil || pathExists(own.path(of: label))
    }

    /// Whether this is a workstation whose server is another machine.
    package var isOfWorkstation: Bool { if case .workstation = place { true } else { false } }

    /// Appends a label's catalogue as the workstation that has made it has it: for another machine.
    func copyOpened(_ label: Label, to text: SpooledText) throws {
        let (file, _) = try file(of: label)
        try naming(label) { try file.copyOpened(to: text) }
    }

    /// What is needed for one file of a label: of the listing perhaps only what holds its path.
    func catalogue(of label: Label, for path: [UInt8]) throws -> LoadedCatalogue {
        if let parts = try parts(of: label, [.frames, .map], listing: path) { return parts }
        return try catalogue(of: label, [.listing, .frames, .map])
    }

    /// Nil where all of the catalogue is to be read: on this machine, or in a mirror where its parts cannot be used.
    private func parts(
        of label: Label, _ sections: Set<CatalogueText.Section>, listing path: [UInt8]?
    ) throws -> LoadedCatalogue? {
        guard case .mirror(let mirror) = place else { return nil }
        do { return try mirror.parts(of: try entry(label), sections, listing: path) } catch {
            // Damaged maybe on its way only: the whole is fetched, compared with its hash, and named where it is not sound.
            guard error is CatalogueError || error is AgeError || error is ZstdError || error is MirroredLengthError
            else {
                throw error
            }
            return nil
        }
    }

    /// Where an artifact's bytes are.
    func artifact(_ catalogue: LoadedCatalogue) throws -> StoredArtifact {
        switch place {
        case .server(let server, let identities):
            return StoredArtifact(
                catalogue, LocalArtifact(server.root.appending(catalogue.entry.localPath)), identities)
        case .mirror(let mirror):
            return StoredArtifact(catalogue, try mirror.artifact(of: catalogue.entry), mirror.identities)
        case .workstation(_, let parts):
            guard let parts else { throw BrowsingError.onServerAlone }
            return StoredArtifact(catalogue, parts)
        }
    }

    /// Where something is put down for a moment.
    var scratch: FilePath {
        switch place {
        case .server(let server, _): server.temporary
        case .workstation(_, let parts): parts?.directory ?? "/var/tmp"
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
        return try naming(label) {
            let (found, hash) = try file.sections(wanted)
            guard hash.hex == plainSHA256 else { throw CatalogueError.format("its text is another one") }
            return found
        }
    }

    /// Names the catalogue where it is what fails.
    private func naming<Value>(_ label: Label, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as BrowsingError {
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
        case .workstation(let catalogues, let parts):
            if let sent = parts?.catalogue(of: label) { return sent }
            guard let sealed = entry.stream?.catalogue else { throw BrowsingError.noCatalogue(label) }
            return (CatalogueFile(clear: catalogues.path(of: label), plainBytes: sealed.plainBytes), sealed.plainSHA256)
        }
    }
}

/// Sections of an artifact's catalogue, in memory.
struct LoadedCatalogue {
    let entry: BackupState.Entry
    private let sections: [CatalogueText.Section: [UInt8]]
    /// What holds one path of the listing, vouched for by the catalogue's index.
    private var part: ListingText?
    /// The hash of the listing.
    let tree: String?
    private let signedFrames: ArtifactStream.Frames?

    init(_ entry: BackupState.Entry, _ sections: [CatalogueText.Section: [UInt8]], part: ListingText? = nil) {
        self.entry = entry
        self.sections = sections
        self.part = part
        (tree, signedFrames) = (entry.listedTree, entry.frames)
    }

    /// One that a server has sent.
    ///
    /// - Parameter signed: what somebody who is trusted has said of it.
    init(_ entry: BackupState.Entry, _ signed: SignedCatalogue, _ sections: [CatalogueText.Section: [UInt8]]) {
        self.entry = entry
        self.sections = sections
        (tree, signedFrames) = (signed.tree, signed.frames)
    }

    private var label: Label { entry.artifact.label }

    /// Nil where the catalogue has none.
    var map: [UInt8]? { sections[.map] }

    /// What the listing says of a path, the one that it was loaded for.
    func listed(_ path: [UInt8]) throws -> ListingEntry? {
        guard let part else { return try listing().entry(at: path) }
        do { return try part.entry(at: path) } catch { throw BrowsingError.catalogueDamaged(label, "\(error)") }
    }

    /// The one whose hash was signed.
    func listing() throws -> ListingText {
        guard let listing = sections[.listing] else { throw BrowsingError.noListing(label) }
        guard let tree, SHA256.hash(listing.span).hex == tree else {
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
        guard let frames = signedFrames else { throw BrowsingError.notOfFrames(label) }
        guard let table = FrameTable(parsing: (sections[.frames] ?? [])[...]),
            frames.sha256 == table.hashes.sha256.hex
        else { throw BrowsingError.catalogueDamaged(label, "its frame table is not the one that was signed") }
        return table
    }
}
