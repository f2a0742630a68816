import Digest
import DurableFiles
import Foundation
import ObjectStore
import ScratchSpace
import StockTools
import SystemPackage
import Testing

struct DirectoryStoreTests {
    let scratch: ScratchDirectory
    let root: FilePath
    let store: any ObjectStore
    let key: ObjectKey

    init() throws {
        scratch = try ScratchDirectory()
        root = scratch.path.appending("store")
        store = try ObjectStores.create(url: "file://\(root)")
        key = try ObjectKey("dev/mutable/object")
    }

    private var area: FilePath { root.appending(".devjournal-store") }

    /// The objects as files, without the store's own folder.
    private var objects: [String] { tree(root).filter { !$0.hasPrefix(".devjournal-store") } }

    @Test("An object is a plain file at its key's path")
    func plainFile() throws {
        let stored = try store.put(key, bytes: Array("abc".utf8), if: .ifAbsent)
        #expect(objects == ["dev", "dev/mutable", "dev/mutable/object"])
        #expect(contents(root.appending("dev/mutable/object")) == Array("abc".utf8))
        #expect(stored.etag.text == "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"")
        #expect(tree(area) == ["format-1", "tmp"])
    }

    @Test("A listing follows as many directories in one another as a key may have, and no more")
    func depth() throws {
        func below(_ depth: Int) -> FilePath { root.appending(String(repeating: "d/", count: depth)) }
        try plant(below(511).appending("o"), [1])
        #expect(try store.list(prefix: "").count == 1)
        try makeDirectories(below(513))
        #expect(throws: StoreError.self) { try store.list(prefix: "") }
    }

    @Test("Making a store again changes nothing, and what the directory holds stays")
    func createTwice() throws {
        _ = try store.put(key, bytes: [1], if: .always)
        let again = try ObjectStores.create(url: "file://\(root)")
        #expect(try again.read(key, limit: 10)?.bytes == [1])
    }

    @Test(
        "A directory is not taken for a store, whether empty, full or absent", arguments: ["empty", "full", "absent"])
    func noMarker(name: String) throws {
        // given
        let path = scratch.path.appending(name)
        if name == "full" { try plant(path.appending("dev/object"), [1]) }
        if name == "empty" { try makeDirectories(path) }
        // when
        let error = #expect(throws: StoreError.self) { try ObjectStores.open(url: "file://\(path)") }
        // then
        #expect(error?.kind == .unreachable)
        #expect(error?.hint?.contains("mounted") == true)
        #expect(!tree(path).contains(".devjournal-store"), "opening makes nothing")
    }

    @Test("Every file in a store is an object")
    func noFileOfItsOwn() throws {
        func files() -> [String] { tree(root).filter { contents(root.appending($0)) != nil } }
        #expect(files() == [])
        _ = try store.put(key, bytes: [1], if: .ifAbsent)
        #expect(files() == [key.text])
    }

    @Test(
        "A marker that is not known, is a file or led to by a link, is refused",
        arguments: ["later", "both", "file", "link", "linked area"])
    func strangeMarker(kind: String) throws {
        let path = scratch.path.appending("strange")
        switch kind {
        case "later":
            try makeDirectories(path.appending(".devjournal-store/format-2"))
        case "both":
            try makeDirectories(path.appending(".devjournal-store/format-1"))
            try makeDirectories(path.appending(".devjournal-store/format-2"))
        case "file":
            try plant(path.appending(".devjournal-store/format-1"))
        case "link":
            try makeDirectories(path.appending(".devjournal-store"))
            try plantLink(path.appending(".devjournal-store/format-1"), to: area.appending("format-1"))
        default:
            try makeDirectories(path)
            try plantLink(path.appending(".devjournal-store"), to: area)
        }
        #expect(refusal { _ = try ObjectStores.open(url: "file://\(path)") } == .invalid)
        #expect(refusal { _ = try ObjectStores.create(url: "file://\(path)") } == .invalid)
    }

    @Test("A file where the store should be is refused")
    func fileAsRoot() throws {
        try plant(scratch.path.appending("file"))
        let url = "file://\(scratch.path.appending("file"))"
        #expect(refusal { _ = try ObjectStores.open(url: url) } == .invalid)
        #expect(refusal { _ = try ObjectStores.create(url: url) } == .invalid)
    }

    @Test("The store's own folder is out of reach of keys and listings")
    func reserved() throws {
        for text in [".devjournal-store", ".devjournal-store/format-1", ".devjournal-store/tmp/x"] {
            let key = try ObjectKey(text)
            #expect(refusal { _ = try store.head(key) } == .invalid)
            #expect(refusal { _ = try store.read(key, limit: 100) } == .invalid)
            #expect(refusal { _ = try store.put(key, bytes: [1], if: .always) } == .invalid)
        }
        #expect(try store.list(prefix: "") == [])
        #expect(try store.list(prefix: ".devjournal-store/") == [])
        let below = try ObjectKey("dev/.devjournal-store")
        _ = try store.put(below, bytes: [1], if: .ifAbsent)
        #expect(try store.list(prefix: "").map(\.key) == [below], "only at the top is the name taken")
    }

    @Test("A key cannot be both an object and a folder", arguments: [PutCondition.always, .ifAbsent])
    func collisions(condition: PutCondition) throws {
        // given
        let stored = try store.put(key, bytes: [1], if: .ifAbsent)
        // when, then
        for text in ["dev", "dev/mutable", "dev/mutable/object/below", "dev/mutable/object/below/deeper"] {
            let key = try ObjectKey(text)
            #expect(refusal { _ = try store.put(key, bytes: [2], if: condition) } == .invalid, "\(text)")
            #expect(refusal { _ = try store.head(key) } == .invalid, "\(text)")
        }
        #expect(try store.list(prefix: "") == [stored])
    }

    @Test("A component that the file system cannot name is refused, and no directory is left")
    func longComponent() throws {
        let long = try ObjectKey("new/folder/" + String(repeating: "x", count: 256))
        #expect(refusal { _ = try store.put(long, bytes: [1], if: .ifAbsent) } == .invalid)
        #expect(objects == [])
    }

    @Test("Names that can be no keys are passed over in a listing")
    func foreignNames() throws {
        let stored = try store.put(key, bytes: [1], if: .ifAbsent)
        try makeDirectories(root.appending("lost+found"))
        try plant(root.appending("dev").appending("a b"))
        try plant(root.appending("dev").appending("grün"))
        #expect(try store.list(prefix: "") == [stored])
    }

    @Test("A large object that rots is found out by its reader")
    func damage() throws {
        // given
        let bytes = [UInt8](repeating: 5, count: 2 << 20)
        let file = root.appending("dev/mutable/object")
        let stored = try store.put(key, bytes: bytes, if: .always)
        try runTool("cp", "--preserve=timestamps", file.string, scratch.path.appending("times").string)
        // when: one bit flips and the file system does not notice
        let handle = try OpenFile(file, .readWrite)
        try handle.write([4].span)
        try runTool("touch", "-r", scratch.path.appending("times").string, file.string)
        // then
        let target = try OpenFile(
            scratch.path.appending("target"), .readWrite, options: .create, permissions: .ownerReadWrite)
        if try store.head(key) == stored {
            #expect(refusal { _ = try store.read(key, limit: 4 << 20) } == .corrupt)
            #expect(refusal { _ = try store.get(key, range: 0, limit: .max, into: target) } == .corrupt)
        } else {
            // A file system without attributes: the hash is that of the content.
            #expect(try store.head(key)?.sha256 != SHA256.hash(bytes.span))
        }
    }

    @Test("An object that another tool wrote over has the ETag of its content", arguments: [10, 3 << 20])
    func foreignWrite(size: Int) throws {
        // given
        let first = try store.put(key, bytes: [UInt8](repeating: 1, count: size), if: .always)
        let other = [UInt8](repeating: 2, count: size)
        // when
        let file = try OpenFile(root.appending("dev/mutable/object"), .readWrite)
        try file.write(other.span)
        // then
        #expect(try store.head(key)?.sha256 == SHA256.hash(other.span))
        #expect(try store.list(prefix: "dev/").map(\.sha256) == [SHA256.hash(other.span)])
        #expect(refusal { _ = try store.put(key, bytes: [3], if: .ifMatches(first.etag)) } == .conditionFailed)
    }

    @Test("A store that may only be read can be read and refuses to be written to", .enabled(if: ScratchDisk.isWanted))
    func readOnly() throws {
        // given
        let disk = try ScratchDisk(size: 1 << 20)
        let url = "file://\(disk.path)"
        let stored = try ObjectStores.create(url: url).put(key, bytes: [1], if: .always)
        try runTool("mount", "-o", "remount,ro", disk.path.string)
        // when
        let store = try ObjectStores.open(url: url)
        // then
        #expect(try store.list(prefix: "") == [stored])
        #expect(try store.read(key, limit: 10)?.bytes == [1])
        #expect(refusal { _ = try store.put(key, bytes: [2], if: .always) } == .denied)
    }
}
