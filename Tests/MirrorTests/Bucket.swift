import Age
import DurableFiles
import Mirror
import ObjectStore
import ScratchSpace
import StockTools
import SystemPackage
import Testing

/// A real store in a directory, for tests to look at and to damage.
struct Bucket {
    private let scratch: ScratchDirectory
    let store: any ObjectStore

    init() throws {
        scratch = try ScratchDirectory()
        store = try ObjectStores.create(url: "file://\(scratch.path)")
    }

    private init(_ scratch: ScratchDirectory) throws {
        self.scratch = scratch
        store = try ObjectStores.open(url: "file://\(scratch.path)")
    }

    /// Another one with the same objects.
    func copied() throws -> Bucket {
        let copy = try ScratchDirectory()
        try runTool("cp", "-a", "\(scratch.path)/.", copy.path.string)
        return try Bucket(copy)
    }

    var names: [String] { get throws { try store.list(prefix: "").map(\.key.text) } }

    /// The names of what holds the journal's lines, segments and pieces, without their folders, sorted.
    var pieces: [PieceName] {
        get throws {
            try store.list(prefix: "dev/journal/")
                .compactMap { MirroredPiece($0, in: MirrorLayout(dataset: "dev"))?.name }
                .sorted { ($0.firstSeq, $0.count) < ($1.firstSeq, $1.count) }
        }
    }

    func bytes(_ name: String) throws -> [UInt8]? { try store.read(try ObjectKey(name), limit: 1 << 30)?.bytes }

    /// Nil where there is no such object, or the key does not open it.
    func plaintext(_ name: String, _ identity: AgeIdentity) throws -> [UInt8]? {
        try bytes(name).flatMap { try? AgeFile.decrypt($0.span, with: [identity]) }
    }

    func path(_ name: String) -> FilePath { scratch.path.appending(name) }

    func put(_ name: String, _ bytes: [UInt8]) throws {
        _ = try store.put(try ObjectKey(name), bytes: bytes, if: .always)
    }

    func remove(_ name: String) throws { try removeFile(path(name)) }

    /// Flips one bit in the middle.
    func damage(_ name: String) throws {
        var bytes = try #require(contents(path(name)))
        bytes[bytes.count / 2] ^= 1
        try plant(path(name), bytes)
    }

    static let checkpoint = "dev/manifests/checkpoint.age"
}

/// The error that a call of the mirror ends with.
func refusal(_ body: () throws -> Void) -> MirrorError? {
    do {
        try body()
        return nil
    } catch let error as MirrorError {
        return error
    } catch {
        Issue.record("another error than MirrorError: \(error)")
        return nil
    }
}
