import Age
import Artifacts
package import Backup
import Catalogue
import Digest
import DurableFiles
import JournalStore
package import Machines
import Sealing
import SystemPackage

/// Makes the catalogue of an artifact that was sealed without one, or whose own is lost: the listing of its received
/// snapshot, and of its stream frame table and map.
package struct CatalogueMaking {
    package enum Outcome: Equatable {
        case made(bytes: Int)
        /// It has a sound one.
        case isThere
    }

    private let machine: Machine
    private let root: any RootSteps

    package init(_ machine: Machine, _ root: any RootSteps) {
        self.machine = machine
        self.root = root
    }

    /// - Parameter again: also where there is a sound one, or the mirror has it.
    package func run(_ label: Label, again: Bool = false) async throws -> Outcome {
        try machine.requireServer()
        let state = try machine.state()
        guard let entry = try RestorePlan(label, state).steps.last else { preconditionFailure("a plan has a step") }
        if !again {
            if try Catalogues(machine.server).condition(of: entry) == .ok { return .isThere }
            guard entry.catalogueKey == nil else { throw CatalogueMakingError.isMirrored(label) }
        }
        let recipients = try state.recipients.map { try AgeRecipient($0) }
        guard !recipients.isEmpty else { throw CatalogueMakingError.noRecipient }
        guard try await root.subvolume(label) != nil else { throw CatalogueMakingError.notReceived(label) }
        try makeDirectories(machine.server.temporary, permissions: 0o700)
        let (listing, tree) = try await list(entry)
        let (survey, map) = try await read(entry)
        let text = try place(survey, listing, map, of: entry, for: recipients)
        let frames = (survey.frames?.hashes).map {
            ArtifactStream.Frames(size: FrameTable.frameSize, count: $0.digests.count, sha256: $0.sha256.hex)
        }
        var journal = try machine.openJournal(.resuming(.anything))
        _ = try machine.record(
            .recordCatalogue(
                label, sha256: entry.artifact.sha256, SignedCatalogue(text: text, tree: tree, frames: frames)),
            in: &journal)
        return .made(bytes: text.bytes)
    }

    /// Of the received snapshot, which must be what was sealed.
    private func list(_ entry: BackupState.Entry) async throws -> (SpooledText, tree: String) {
        let label = entry.artifact.label
        let listing = try SpooledText(in: machine.server.temporary)
        machine.reporter.say("reading the received snapshot of \(label)")
        let tree = try await root.list(label) { listing.append($0) }
        var digest = SHA256()
        try listing.read { digest.update($0) }
        guard digest.finish().hex == tree else { throw CatalogueMakingError.listingCut(label) }
        if let sealed = entry.stream?.tree, sealed != tree {
            throw CatalogueMakingError.otherTree(label, found: tree, sealed: sealed)
        }
        return (listing, tree)
    }

    private func read(_ entry: BackupState.Entry) async throws -> (ArtifactSurvey, map: SpooledText) {
        let map = try SpooledText(in: machine.server.temporary)
        let report = machine.reporter.progress("reading \(entry.artifact.name)", total: entry.artifact.bytes)
        defer { report.finish() }
        let survey = try await ArtifactOpener(try AgeKeyFiles(machine.server).read()).survey(
            machine.server.root.appending(entry.localPath), entry, map: { map.append($0) },
            progress: { report.reached(Int($0)) })
        return (survey, map)
    }

    /// Under its name before it is recorded: where nothing comes of it the next one replaces it.
    private func place(
        _ survey: ArtifactSurvey, _ listing: SpooledText, _ map: SpooledText, of entry: BackupState.Entry,
        for recipients: [AgeRecipient]
    ) throws -> ArtifactCatalogue {
        let label = entry.artifact.label
        let plain = machine.server.temporary.appending("\(label).catalogue.zst")
        let stored = machine.server.temporary.appending(label.catalogueName)
        defer { for file in [plain, stored] { try? removeFile(file) } }
        let clear = try ClearCatalogue(
            frames: survey.frames ?? FrameTable(), listing: listing, map: map, as: plain)
        let sealed = try SealedCatalogue(clear, to: recipients, as: stored)
        let text = ArtifactCatalogue(clear, sealed)
        try Catalogues(machine.server).take(text, of: label, from: stored)
        return text
    }
}

/// Why no catalogue is made.
package enum CatalogueMakingError: OperationError {
    case isMirrored(Label)
    case noRecipient
    case notReceived(Label)
    case otherTree(Label, found: String, sealed: String)
    case listingCut(Label)

    package var description: String {
        switch self {
        case .isMirrored(let label): "the mirror has the catalogue that was sealed with \(label)"
        case .noRecipient: "the journal names nobody to seal it to"
        case .notReceived(let label): "there is no received snapshot of \(label) to list"
        case .otherTree(let label, let found, let sealed):
            "the received snapshot of \(label) is not what was sealed: its tree's hash is \(found), not \(sealed)"
        case .listingCut(let label): "the listing of \(label) did not arrive as it was made"
        }
    }

    package var hint: String? {
        switch self {
        case .isMirrored(let label):
            "devjournal scrub --repair \(label.monthText) fetches it; --again makes another one all the same"
        case .noRecipient: "RECIPIENTS in the configuration, or: devjournal key list"
        case .notReceived(let label): "devjournal restore --receive-only \(label.monthText), then this again"
        case .otherTree(let label, _, _):
            "delete that snapshot, and receive it again: devjournal restore --receive-only \(label.monthText)"
        case .listingCut: "run it again"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .isMirrored: .refused
        case .noRecipient, .listingCut: .failed
        case .notReceived: .notFound
        case .otherTree: .damaged
        }
    }
}
