import Digest
import DurableFiles
import Foundation
import ObjectStore
import ScratchSpace
import SystemPackage
import Testing

/// Full disks, crashes, disks that go away.
struct DirectoryStoreFaultTests {
    private func objects(_ root: FilePath) -> [String] {
        tree(root).filter { !$0.hasPrefix(".devjournal-store") || $0.hasPrefix(".devjournal-store/tmp/") }
    }

    @Test("On a full disk nothing half-written remains and the old content stays", .enabled(if: ScratchDisk.isWanted))
    func fullDisk() throws {
        // given
        let scratch = try ScratchDirectory()
        let disk = try ScratchDisk(size: 1 << 20)
        let store = try ObjectStores.create(url: "file://\(disk.path)")
        let old = try ObjectKey("dev/old")
        let new = try ObjectKey("new/folder/object")
        let before = try store.put(old, bytes: [1], if: .always)
        let large = [UInt8](repeating: 3, count: 3 << 20)
        let source = scratch.path.appending("source")
        try plant(source, large)
        // when, then
        for key in [old, new] {
            #expect(refusal { _ = try store.put(key, bytes: large, if: .always) } == .full)
            let digest = SHA256.hash(large.span)
            let size = Int64(large.count)
            #expect(refusal { _ = try store.put(key, file: source, sha256: digest, size: size, if: .always) } == .full)
        }
        #expect(refusal { _ = try store.put(new, bytes: large, if: .ifAbsent) } == .full)
        #expect(refusal { _ = try store.put(old, bytes: large, if: .ifMatches(before.etag)) } == .full)
        #expect(try store.list(prefix: "") == [before])
        #expect(try store.read(old, limit: 10)?.bytes == [1])
        #expect(objects(disk.path) == ["dev", "dev/old"])
        _ = try store.put(new, bytes: [2], if: .ifAbsent)
    }

    @Test("Where directories no longer fit, none is left half-way", .enabled(if: ScratchDisk.isWanted))
    func noInodes() throws {
        // given: room for the store's own four names, a temporary file and two directories
        let disk = try ScratchDisk(size: 1 << 20, inodes: 7)
        let store = try ObjectStores.create(url: "file://\(disk.path)")
        // when
        let key = try ObjectKey("a/b/c/d/e/f/object")
        let kind = refusal { _ = try store.put(key, bytes: [1], if: .ifAbsent) }
        // then
        #expect(kind == .full)
        #expect(objects(disk.path) == [])
        _ = try store.put(ObjectKey("a/object"), bytes: [1], if: .ifAbsent)
    }

    @Test("A download that fills the disk says so", .enabled(if: ScratchDisk.isWanted))
    func fullTarget() throws {
        let scratch = try ScratchDirectory()
        let disk = try ScratchDisk(size: 64 << 10)
        let store = try ObjectStores.create(url: "file://\(scratch.path)")
        let key = try ObjectKey("dev/object")
        _ = try store.put(key, bytes: [UInt8](repeating: 1, count: 1 << 20), if: .always)
        let target = try OpenFile(
            disk.path.appending("target"), .readWrite, options: .create, permissions: .ownerReadWrite)
        let error = #expect(throws: StoreError.self) { try store.get(key, range: 0, limit: .max, into: target) }
        #expect(error?.kind == .full)
        #expect(error?.description.contains("target") == true)
    }

    @Test("A disk that is not mounted is not an empty store", .enabled(if: ScratchDisk.isWanted))
    func vanishedMount() throws {
        // given
        let disk = try ScratchDisk(size: 1 << 20)
        let url = "file://\(disk.path)"
        _ = try ObjectStores.create(url: url).put(ObjectKey("dev/object"), bytes: [1], if: .always)
        // when
        try disk.unmount()
        // then
        #expect(refusal { _ = try ObjectStores.open(url: url) } == .unreachable)
        #expect(tree(disk.path) == [])
    }

    @Test("A store that is open writes nothing under a mount that went away", .enabled(if: ScratchDisk.isWanted))
    func mountGoesAway() throws {
        // given
        let disk = try ScratchDisk(size: 1 << 20)
        let store = try ObjectStores.create(url: "file://\(disk.path)")
        // when
        try disk.unmount(lazily: true)
        _ = refusal { _ = try store.put(ObjectKey("dev/object"), bytes: [1], if: .always) }
        // then
        #expect(tree(disk.path) == [])
    }

    @Test("What a crash left in the temporary folder is not listed, harms nobody and is removed by the next writer")
    func leftovers() throws {
        // given
        let scratch = try ScratchDirectory()
        let store = try ObjectStores.create(url: "file://\(scratch.path)")
        let temporary = scratch.path.appending(".devjournal-store").appending("tmp")
        try plant(temporary.appending("4711-abandoned"), [UInt8](repeating: 1, count: 10_000))
        try plant(temporary.appending("4711-in-use"))
        let other = try FileLock(temporary.appending("4711-in-use"))
        let examined = try ObjectStores.examine(url: store.url)
        #expect(try examined.unfinishedUploads(prefix: "dev/").map(\.name) == ["4711-abandoned"])
        // when
        #expect(try store.list(prefix: "") == [])
        _ = try store.put(ObjectKey("dev/object"), bytes: [1], if: .ifAbsent)
        // then
        #expect(try examined.unfinishedUploads(prefix: "dev/").isEmpty, "the other one has its writer still")
        #expect(objects(scratch.path) == [".devjournal-store/tmp/4711-in-use", "dev", "dev/object"])
        _ = consume other
    }

    @Test("Deleting takes what is empty then, and waits for a writer that may be about to use it")
    func deleting() throws {
        // given
        let scratch = try ScratchDirectory()
        let store = try ObjectStores.create(url: "file://\(scratch.path)")
        let examined = try ObjectStores.examine(url: store.url)
        let (key, beside) = (try ObjectKey("dev/below/object"), try ObjectKey("dev/beside"))
        for key in [key, beside] { _ = try store.put(key, bytes: [1], if: .ifAbsent) }
        let other = try FileLock(on: OpenFile(scratch.path.appending(".devjournal-store"), .readOnly))
        let done = DispatchSemaphore(value: 0)
        // when
        Thread.detachNewThread {
            try? examined.delete(key)
            done.signal()
        }
        // then
        #expect(done.wait(timeout: .now() + 0.2) == .timedOut)
        #expect(try store.head(key) != nil)
        _ = consume other
        #expect(done.wait(timeout: .now() + 10) == .success)
        #expect(objects(scratch.path) == ["dev", "dev/beside"])
        let error = #expect(throws: StoreError.self) { try examined.delete(ObjectKey("dev")) }
        #expect(error?.kind == .invalid, "a directory is not an object")
    }

    @Test("Empty directories that a crash left are used")
    func emptyDirectories() throws {
        let scratch = try ScratchDirectory()
        let store = try ObjectStores.create(url: "file://\(scratch.path)")
        try makeDirectories(scratch.path.appending("dev").appending("below"))
        #expect(try store.list(prefix: "") == [])
        _ = try store.put(ObjectKey("dev/below/object"), bytes: [1], if: .ifAbsent)
    }

    @Test("A writer waits while another process holds the store's lock")
    func locked() throws {
        // given
        let scratch = try ScratchDirectory()
        let store = try ObjectStores.create(url: "file://\(scratch.path)")
        let area = scratch.path.appending(".devjournal-store")
        let key = try ObjectKey("dev/object")
        let other = try FileLock(on: OpenFile(area, .readOnly))
        let done = DispatchSemaphore(value: 0)
        // when
        Thread.detachNewThread {
            _ = try? store.put(key, bytes: [1], if: .always)
            done.signal()
        }
        // then
        #expect(done.wait(timeout: .now() + 0.2) == .timedOut)
        #expect(try store.head(key) == nil)
        _ = consume other
        #expect(done.wait(timeout: .now() + 10) == .success)
        #expect(try store.head(key) != nil)
    }
}
