import Age
import Artifacts
import Backup
import Catalogue
import Digest
import DurableFiles
import JournalStore
package import Machines
import Sealing
import SystemPackage

/// Brings a file of a month out of the server's artifacts, by the frames that it lies in.
package struct FileReading {
    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    private let machine: Machine
    private let shelf: CatalogueShelf

    package init(_ machine: Machine, _ shelf: CatalogueShelf) throws {
        try machine.requireServer()
        self.machine = machine
        self.shelf = shelf
    }

    /// What was handed out of a file.
    package struct Result: Sendable {
        package let bytes: Int
        /// Of the artifacts' files.
        package let bytesRead: Int
    }

    /// Gives out a file's content, after all of it was compared with the hash in the signed listing.
    /// The journal says so before the first byte.
    package func read(_ place: PathInLabel, _ take: (Span<UInt8>) throws -> Void) throws -> Result {
        let catalogue = try shelf.catalogue(of: place.label, [.listing, .frames, .map])
        guard let entry = try catalogue.listing().entry(at: place.path) else {
            throw BrowsingError.noSuchPath(place.path, in: place.label)
        }
        guard entry.kind == .file, let size = entry.size, let sha256 = entry.sha256 else {
            throw BrowsingError.notAFile(place.path, in: place.label)
        }
        let plan = try RestorePlan(place.label, shelf.state)
        let spool = try SpooledText(in: machine.server.temporary)
        var digest = SHA256()
        // The label's own is there already.
        let catalogues = try plan.steps.map { step in
            let label = step.artifact.label
            return label == place.label ? catalogue : try shelf.catalogue(of: label, [.frames, .map])
        }
        let bytesRead = try pieces(of: place, size: size, catalogues) { piece in
            digest.update(piece)
            spool.append(piece)
        }
        guard digest.finish() == sha256, spool.count == size else {
            throw BrowsingError.otherContent(place.path, in: place.label)
        }
        try record(place)
        try spool.read(take)
        return Result(bytes: size, bytesRead: bytesRead)
    }

    private func record(_ place: PathInLabel) throws {
        let path = EscapedText.text(place.path)
        var journal = try machine.openJournal(.resuming(.anything))
        let reader = "\(Account.login ?? "somebody") on the server"
        let release = Command.recordRelease(
            place.label, after: nil, to: reader, confirmed: nil, paths: [String(decoding: path, as: UTF8.self)])
        _ = try machine.record(release, in: &journal)
    }

    private func pieces(
        of place: PathInLabel, size: Int, _ chain: [LoadedCatalogue], _ take: (Span<UInt8>) throws -> Void
    ) throws -> Int {
        var tree = VirtualTree()
        for catalogue in chain {
            let label = catalogue.entry.artifact.label
            guard let map = catalogue.map else { throw BrowsingError.noMap(label) }
            do { try tree.add(map.span) } catch { throw BrowsingError.catalogueDamaged(label, "\(error)") }
        }
        let readPlan: ReadPlan
        do { readPlan = try tree.readPlan(for: place.path, size: size) } catch {
            throw BrowsingError.catalogueDamaged(place.label, "\(error)")
        }
        let artifacts = chain.map { OpenArtifact($0, machine.server, shelf.identities()) }
        for piece in readPlan {
            switch piece.source {
            case .zeros:
                var left = piece.length
                while left > 0 {
                    let count = min(left, Self.zeros.count)
                    try take(Self.zeros.span.extracting(0..<count))
                    left -= count
                }
            case .stream(let artifact, let offset):
                try artifacts[artifact].read(offset..<offset + piece.length, take)
            case .encoded: throw BrowsingError.encoded(place.path, in: place.label)
            }
        }
        return artifacts.reduce(0) { $0 + $1.bytesRead }
    }
}

/// An artifact on the server's disk, opened when the first part of it is read.
private final class OpenArtifact {
    private let catalogue: LoadedCatalogue
    private let path: FilePath
    private let identities: [AgeIdentity]
    private var frames: ArtifactFrames?

    init(_ catalogue: LoadedCatalogue, _ server: ServerTree, _ identities: [AgeIdentity]) {
        self.catalogue = catalogue
        self.identities = identities
        path = server.root.appending(catalogue.entry.localPath)
    }

    var bytesRead: Int { frames?.bytesRead ?? 0 }

    func read(_ range: Range<Int>, _ take: (Span<UInt8>) throws -> Void) throws {
        let label = catalogue.entry.artifact.label
        do {
            if frames == nil { frames = try open() }
            try frames?.read(range, take)
        } catch let error as FrameError {
            throw BrowsingError.artifactDamaged(label, "\(error)")
        } catch let error as AgeError {
            if error == .wrongKey { throw error }
            throw BrowsingError.artifactDamaged(label, "\(error)")
        } catch let error as FileFailure where error.errno == .noSuchFileOrDirectory {
            throw BrowsingError.artifactMissing(label)
        }
    }

    private func open() throws -> ArtifactFrames {
        let file = try OpenFile(regular: path, .readOnly)
        let length = Int(try file.size())
        guard length == catalogue.entry.artifact.bytes else { throw FrameError.tableDoesNotFit }
        let held = HeldFile(file)
        return try ArtifactFrames(try catalogue.frames(), fileLength: length, with: identities) { try held.read($0) }
    }
}

/// A file for a closure to hold.
private final class HeldFile {
    private let file: OpenFile

    init(_ file: consuming OpenFile) {
        self.file = file
    }

    func read(_ range: Range<Int>) throws(FileFailure) -> [UInt8] {
        try file.read(range.count, at: Int64(range.lowerBound))
    }
}
