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
        let listing = try shelf.listing(of: place.label)
        guard let entry = try listing.entry(at: place.path) else {
            throw BrowsingError.noSuchPath(place.path, in: place.label)
        }
        guard entry.kind == .file, let size = entry.size, let sha256 = entry.sha256 else {
            throw BrowsingError.notAFile(place.path, in: place.label)
        }
        let plan = try RestorePlan(place.label, shelf.state)
        let spool = try SpooledText(in: machine.server.temporary)
        var digest = SHA256()
        let bytesRead = try pieces(of: place, size: size, plan) { piece in
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
        var path: [UInt8] = []
        EscapedText.append(place.path, to: &path)
        var journal = try machine.openJournal(.resuming(.anything))
        let reader = "\(Account.login ?? "somebody") on the server"
        let release = Command.recordRelease(
            place.label, after: nil, to: reader, confirmed: nil, paths: [String(decoding: path, as: UTF8.self)])
        _ = try machine.record(release, in: &journal)
    }

    private func pieces(
        of place: PathInLabel, size: Int, _ plan: RestorePlan, _ take: (Span<UInt8>) throws -> Void
    ) throws -> Int {
        var tree = VirtualTree()
        for step in plan.steps {
            let label = step.artifact.label
            guard let map = try shelf.map(of: label) else { throw BrowsingError.noMap(label) }
            do { try tree.add(map.span) } catch { throw BrowsingError.catalogueDamaged(label, "\(error)") }
        }
        let readPlan: ReadPlan
        do { readPlan = try tree.readPlan(for: place.path, size: size) } catch {
            throw BrowsingError.catalogueDamaged(place.label, "\(error)")
        }
        // Their pieces by turns: one artifact is open at a time, except that each keeps its frames.
        let artifacts = try plan.steps.map { try OpenArtifact($0, machine.server, shelf) }
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
    private let entry: BackupState.Entry
    private let path: FilePath
    private let shelf: CatalogueShelf
    private var frames: ArtifactFrames?

    init(_ entry: BackupState.Entry, _ server: ServerTree, _ shelf: CatalogueShelf) throws {
        self.entry = entry
        self.shelf = shelf
        path = server.root.appending(entry.localPath)
    }

    var bytesRead: Int { frames?.bytesRead ?? 0 }

    func read(_ range: Range<Int>, _ take: (Span<UInt8>) throws -> Void) throws {
        let label = entry.artifact.label
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
        guard length == entry.artifact.bytes else { throw FrameError.tableDoesNotFit }
        let descriptor = HeldFile(file)
        return try ArtifactFrames(
            try shelf.frames(of: entry.artifact.label), fileLength: length, with: shelf.identities()
        ) { try descriptor.read($0) }
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
