import DurableFiles
import ObjectStore
import ScratchSpace
import StockTools
import SystemPackage
import Testing

/// Somebody who can plant names in the directory must not be able to lead the store out of it.
struct DirectoryStoreLinkTests {
    let scratch: ScratchDirectory
    let root: FilePath
    let outside: FilePath
    let store: any ObjectStore

    init() throws {
        scratch = try ScratchDirectory()
        root = scratch.path.appending("store")
        outside = scratch.path.appending("outside")
        store = try ObjectStores.create(url: "file://\(root)")
        try plant(outside.appending("object"), [7])
    }

    /// No call on the key works, and what lies outside is as it was.
    private func isRefused(_ key: ObjectKey) throws -> Bool {
        let target = try OpenFile(
            scratch.path.appending("target"), .readWrite, options: .create, permissions: .ownerReadWrite)
        let source = scratch.path.appending("source")
        try plant(source, [1])
        let kinds = [
            refusal { _ = try store.head(key) },
            refusal { _ = try store.read(key, limit: 10) },
            refusal { _ = try store.get(key, range: 0, limit: .max, into: target) },
            refusal { _ = try store.put(key, bytes: [1], if: .always) },
            refusal { _ = try store.put(key, bytes: [1], if: .ifAbsent) },
            refusal { _ = try store.put(key, bytes: [1], if: .ifMatches(ETag("\"\""))) },
            refusal { _ = try store.put(key, file: source, sha256: .init(), size: 1, if: .always) },
        ]
        return kinds.allSatisfy { $0 == .invalid } && contents(outside.appending("object")) == [7]
            && tree(outside) == ["object"]
    }

    @Test("A link in place of a folder is not followed", arguments: ["top", "dev/below"])
    func folder(place: String) throws {
        try makeDirectories(root.appending("dev"))
        try plantLink(root.appending(place), to: outside)
        #expect(try isRefused(ObjectKey("\(place)/object")))
        #expect(try isRefused(ObjectKey("\(place)/new")))
        #expect(try isRefused(ObjectKey("\(place)/new/deeper")))
        #expect(refusal { _ = try store.list(prefix: "") } == .invalid)
        #expect(refusal { _ = try store.list(prefix: "\(place)/") } == .invalid)
    }

    @Test(
        "A link in place of an object is not followed, wherever it leads",
        arguments: ["../outside/object", "nowhere", "."])
    func object(target: String) throws {
        try plantLink(root.appending("object"), to: FilePath(target))
        #expect(try isRefused(ObjectKey("object")))
        #expect(refusal { _ = try store.list(prefix: "") } == .invalid)
        #expect(tree(root).contains("object"), "it stays, as it is not the store's")
    }

    @Test("A pipe in place of an object does not make anybody wait")
    func pipe() throws {
        try runTool("mkfifo", root.appending("object").string)
        #expect(try isRefused(ObjectKey("object")))
    }

    @Test("A link in place of the temporary folder is not followed")
    func ownFolder() throws {
        // given
        let place = root.appending(".devjournal-store").appending("tmp")
        try runTool("rm", "-r", place.string)
        try plantLink(place, to: outside)
        // when, then
        let key = try ObjectKey("dev/object")
        #expect(refusal { _ = try store.put(key, bytes: [1], if: .always) } == .invalid)
        #expect(tree(outside) == ["object"])
        #expect(contents(outside.appending("object")) == [7])
        #expect(try store.head(key) == nil)
    }

    @Test("The root itself may be reached through a link")
    func rootThroughLink() throws {
        let link = scratch.path.appending("link")
        try plantLink(link, to: "store")
        let key = try ObjectKey("dev/object")
        let stored = try ObjectStores.open(url: "file://\(link)").put(key, bytes: [1], if: .ifAbsent)
        #expect(try store.head(key) == stored)
    }
}
