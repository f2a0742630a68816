import Age
import Backup
import Catalogue
import DurableFiles
import ObjectStore
import Sealing
import SystemPackage
import Zstd

/// An artifact that is stored somewhere, opened when the first part of it is read.
final class StoredArtifact {
    private enum Place {
        /// As it was sealed, and who opens it.
        case sealed(any ArtifactBytes, [AgeIdentity])
        /// The frames that a server has sent.
        case received(ReceivedParts)
    }

    let catalogue: LoadedCatalogue
    private let place: Place
    private var frames: ArtifactFrames?
    /// Why it cannot be opened at all: that is found out once.
    private var refusal: BrowsingError?

    init(_ catalogue: LoadedCatalogue, _ bytes: any ArtifactBytes, _ identities: [AgeIdentity]) {
        self.catalogue = catalogue
        place = .sealed(bytes, identities)
    }

    init(_ catalogue: LoadedCatalogue, _ parts: ReceivedParts) {
        self.catalogue = catalogue
        place = .received(parts)
    }

    var label: Label { catalogue.entry.artifact.label }
    var bytesRead: Int { frames?.bytesRead ?? 0 }

    /// Gives out a range of its plain stream in pieces.
    ///
    /// - Throws: `BrowsingError` where the artifact is what fails.
    func read(_ range: Range<Int>, _ take: (Span<UInt8>) throws -> Void) throws {
        try naming {
            try open()
            try frames?.read(range, take)
        }
    }

    /// Opens it, or finds out why not, which every read says then.
    func openIfSound() throws {
        do { try naming { try open() } } catch is BrowsingError {}
    }

    /// Says which ranges of its plain stream are going to be read, in their order: several parts that lie together can be
    /// brought at once then. Nothing is read but what opens the artifact.
    func expect(_ ranges: some Sequence<Range<Int>>) throws {
        try naming {
            try open()
            guard case .sealed(let bytes, _) = place else { return }
            bytes.expect(frames?.fileRanges(holding: ranges) ?? [])
        }
    }

    /// A frame, opened and still compressed.
    ///
    /// - Throws: `BrowsingError` where the artifact is what fails.
    func compressed(_ number: Int) throws -> [UInt8] {
        var frame: [UInt8]?
        try naming {
            try open()
            frame = try frames?.compressed(number)
        }
        guard let frame else { preconditionFailure("what was opened has frames") }
        return frame
    }

    private func open() throws {
        if frames != nil { return }
        if let refusal { throw refusal }
        switch place {
        case .received(let parts):
            frames = try ArtifactFrames(try catalogue.frames(), openedBy: { [label] in try parts.frame($0, of: label) })
        case .sealed(let bytes, let identities): try open(bytes, identities)
        }
    }

    private func open(_ bytes: any ArtifactBytes, _ identities: [AgeIdentity]) throws {
        let length = try bytes.length()
        guard length == catalogue.entry.artifact.bytes else {
            throw BrowsingError.artifactDamaged(label, "it has \(length) bytes, not those that were registered")
        }
        let table = try catalogue.frames()
        func opened() throws -> ArtifactFrames {
            try ArtifactFrames(table, fileLength: length, with: identities, from: { try bytes.read($0) }) {
                bytes.forget()
                return try bytes.read($0)
            }
        }
        do { frames = try opened() } catch is AgeError {
            bytes.forget()
            frames = try opened()
        }
    }

    /// Names the artifact where it is what fails.
    private func naming(_ body: () throws -> Void) throws {
        do { try body() } catch {
            guard let named = Self.named(error, label) else { throw error }
            if frames == nil { refusal = named }
            throw named
        }
    }

    private static func named(_ error: any Error, _ label: Label) -> BrowsingError? {
        switch error {
        case let error as FrameError: .artifactDamaged(label, "\(error)")
        case let error as ZstdError: .artifactDamaged(label, "\(error)")
        case let error as AgeError where error != .wrongKey: .artifactDamaged(label, "\(error)")
        case let error as StoreError where error.kind == .missing: .notInMirror(label, "artifact")
        case let error as StoreError where error.kind == .corrupt || error.kind == .invalid:
            .artifactDamaged(label, "\(error)")
        case let error as MirroredLengthError: .artifactDamaged(label, "\(error)")
        case let error as BrowsingError: error
        case let error as FileFailure where error.errno == .noSuchFileOrDirectory: .artifactMissing(label)
        case let error as FileFailure where error.errno == .ioError: .artifactDamaged(label, "\(error)")
        default: nil
        }
    }
}

/// Where the bytes of a stored artifact come from.
protocol ArtifactBytes: AnyObject {
    /// Bytes of the whole.
    func length() throws -> Int
    /// All of the range, or fewer where the artifact ends.
    func read(_ range: Range<Int>) throws -> [UInt8]
    /// These are going to be read, in that order.
    func expect(_ ranges: [Range<Int>])
    /// What is read again comes from where it is stored: what has come may have been damaged on its way.
    func forget()
}

/// A file of this machine. It is opened at the first look, and stays that file.
final class LocalArtifact: ArtifactBytes {
    private let path: FilePath
    private var file: HeldFile?

    init(_ path: FilePath) { self.path = path }

    func length() throws -> Int { Int(try held().size()) }

    func read(_ range: Range<Int>) throws -> [UInt8] { try held().read(range) }

    func expect(_ ranges: [Range<Int>]) {}

    func forget() {}

    private func held() throws(FileFailure) -> HeldFile {
        if let file { return file }
        let opened = HeldFile(try OpenFile(regular: path, .readOnly))
        file = opened
        return opened
    }
}

/// A file for a class to hold.
private final class HeldFile {
    private let file: OpenFile

    init(_ file: consuming OpenFile) { self.file = file }

    func size() throws(FileFailure) -> Int64 { try file.size() }

    func read(_ range: Range<Int>) throws(FileFailure) -> [UInt8] {
        try file.read(range.count, at: Int64(range.lowerBound))
    }
}
