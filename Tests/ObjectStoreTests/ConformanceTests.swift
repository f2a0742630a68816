import Foundation
import ObjectStore
import ScratchSpace
import Testing

/// A kind of store that must conform. A new backend is one more value in `all`.
struct Backend: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What a place is called where no store was made.
    let nothing: StoreError.Kind
    /// Makes an empty store; what it needs on this machine's disk goes into the directory.
    let make: @Sendable (ScratchDirectory) throws -> any ObjectStore
    /// Opens what was made, to examine it.
    let examine: @Sendable (ScratchDirectory) throws -> any ExaminedStore
    /// Stores one byte under each key.
    let fill: @Sendable (any ObjectStore, ScratchDirectory, [ObjectKey]) throws -> Void
    /// Opens a place where no store was made.
    let openNothing: @Sendable (ScratchDirectory) throws -> any ObjectStore

    /// Its objects are plain files, so many of them can also be made without waiting for the disk each time.
    static let directory = Backend(testDescription: "directory", nothing: .unreachable) { scratch in
        try ObjectStores.create(url: "file://\(scratch.path.appending("store"))")
    } examine: { scratch in
        try ObjectStores.examine(url: "file://\(scratch.path.appending("store"))")
    } fill: { _, scratch, keys in
        let store = scratch.path.appending("store").string
        for folder in Set(keys.map { $0.components.dropLast().joined(separator: "/") }) {
            try FileManager.default.createDirectory(atPath: "\(store)/\(folder)", withIntermediateDirectories: true)
        }
        for key in keys { try Data([1]).write(to: URL(fileURLWithPath: "\(store)/\(key)")) }
    } openNothing: { scratch in
        try ObjectStores.open(url: "file://\(scratch.path.appending("nothing"))")
    }

    /// A new bucket on the server that `Tests/s3/with_seaweedfs.sh` has started; the tests share it.
    static let s3 = Backend(testDescription: "s3", nothing: .missing) { _ in
        try ObjectStores.create(url: "s3://conformance", s3: try S3Server.settings())
    } examine: { _ in
        try ObjectStores.examine(url: "s3://conformance", s3: try S3Server.settings())
    } fill: { store, _, keys in
        let failures = inParallel(16) { part in
            refusal {
                for index in stride(from: part, to: keys.count, by: 16) {
                    _ = try store.put(keys[index], bytes: [1], if: .always)
                }
            }
        }
        #expect(failures.allSatisfy { $0 == nil })
    } openNothing: { _ in
        try ObjectStores.open(url: "s3://not-made-yet", s3: try S3Server.settings())
    }

    static let all: [Backend] = S3Server.isThere ? [directory, s3] : [directory]
}

struct ConformanceTests {
    let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
    }

    @Test("Small objects come back as they were stored", arguments: Backend.all)
    func smallObjects(backend: Backend) throws {
        try Conformance.keepsSmallObjects(backend.make(scratch))
    }

    @Test("What is not there is missing, not empty", arguments: Backend.all)
    func missing(backend: Backend) throws {
        try Conformance.saysWhatIsMissing(backend.make(scratch), scratch)
    }

    @Test("An object above the limit is not read", arguments: Backend.all)
    func limit(backend: Backend) throws {
        try Conformance.refusesToReadWhatIsLarger(backend.make(scratch))
    }

    @Test("A put without a condition overwrites", arguments: Backend.all)
    func overwrite(backend: Backend) throws {
        try Conformance.overwrites(backend.make(scratch))
    }

    @Test("ifAbsent never overwrites", arguments: Backend.all)
    func ifAbsent(backend: Backend) throws {
        try Conformance.ifAbsentNeverOverwrites(backend.make(scratch))
    }

    @Test("ifMatches replaces only the object it names", arguments: Backend.all)
    func ifMatches(backend: Backend) throws {
        try Conformance.ifMatchesReplacesOnlyWhatItNames(backend.make(scratch))
    }

    @Test("Of 32 writers with ifAbsent exactly one wins", arguments: Backend.all)
    func race(backend: Backend) throws {
        try Conformance.oneOfManyWins(backend.make(scratch), scratch)
    }

    @Test("No update through ifMatches is lost", arguments: Backend.all)
    func updates(backend: Backend) throws {
        try Conformance.noUpdateIsLost(backend.make(scratch))
    }

    @Test("A listing has every key of the prefix, sorted by bytes", arguments: Backend.all)
    func list(backend: Backend) throws {
        try Conformance.listsByPrefixInOrder(backend.make(scratch))
    }

    @Test("A listing of 10,000 keys is whole", arguments: Backend.all)
    func pages(backend: Backend) throws {
        let store = try backend.make(scratch)
        try Conformance.listsManyPages(store) { try backend.fill(store, scratch, $0) }
    }

    @Test("Where no store was made none is opened, and none appears", arguments: Backend.all)
    func nothing(backend: Backend) throws {
        for _ in 0..<2 { #expect(refusal { _ = try backend.openNothing(scratch) } == backend.nothing) }
    }

    @Test("An examination can delete, and finds no upload that nobody began", arguments: Backend.all)
    func examination(backend: Backend) throws {
        _ = try backend.make(scratch)
        let store = try backend.examine(scratch)
        try Conformance.deletesForExaminations(store)
        let clockAhead = try store.reach().clockAhead
        #expect(clockAhead.map { abs($0) < 30 } ?? (store.bucket == nil), "the server is this machine")
    }

    @Test("Every character that a key may have survives", arguments: Backend.all)
    func awkwardKeys(backend: Backend) throws {
        try Conformance.takesAwkwardKeys(backend.make(scratch))
    }

    @Test("The canary finds both conditions honoured, also the next time", arguments: Backend.all)
    func canary(backend: Backend) throws {
        try Conformance.honoursTheCanary(backend.make(scratch))
    }

    @Test("A large file comes back, also from any offset on", arguments: Backend.all)
    func largeFile(backend: Backend) throws {
        try Conformance.keepsLargeFiles(backend.make(scratch), scratch)
    }

    @Test("Parts of an object come out, of that one and no other", arguments: Backend.all)
    func parts(backend: Backend) throws {
        try Conformance.readsParts(backend.make(scratch), scratch)
    }

    @Test("A file with another hash or size than announced is not stored", arguments: Backend.all)
    func announced(backend: Backend) throws {
        try Conformance.refusesFilesThatAreNotAsAnnounced(backend.make(scratch), scratch)
    }

    @Test("A file that cannot be read is not stored", arguments: Backend.all)
    func unreadable(backend: Backend) throws {
        try Conformance.refusesFilesThatAreNotThere(backend.make(scratch), scratch)
    }

    @Test("An empty file is an object", arguments: Backend.all)
    func emptyFile(backend: Backend) throws {
        try Conformance.keepsEmptyFiles(backend.make(scratch), scratch)
    }
}
