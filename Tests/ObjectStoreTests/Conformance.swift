import Digest
import DurableFiles
import Foundation
import ObjectStore
import ScratchSpace
import SystemPackage
import Testing

/// What every store must do. Each function is given an empty store, or one in which nothing lies under its own
/// prefix, and leaves what it stored.
enum Conformance {
    static func keepsSmallObjects(_ store: any ObjectStore) throws {
        for bytes: [UInt8] in [[], [0], Array("text\n".utf8), [UInt8](repeating: 0xFF, count: 70_000)] {
            // given
            let key = try ObjectKey("small/\(bytes.count)")
            // when
            let stored = try store.put(key, bytes: bytes, if: .always)
            let read = try #require(try store.read(key, limit: 1 << 20))
            // then
            #expect(stored.key == key)
            #expect(stored.size == Int64(bytes.count))
            #expect(stored.sha256 == nil || stored.sha256 == SHA256.hash(bytes.span))
            #expect(read.bytes == bytes)
            #expect(read.info == stored)
            #expect(try store.head(key) == stored)
        }
    }

    static func saysWhatIsMissing(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        let key = try ObjectKey("missing/object")
        #expect(try store.head(key) == nil)
        #expect(try store.read(key, limit: 10) == nil)
        #expect(try store.list(prefix: "missing/") == [])
        let file = try OpenFile(
            scratch.path.appending("target"), .readWrite, options: .create, permissions: [.ownerReadWrite])
        #expect(refusal { _ = try store.get(key, range: 0, limit: .max, into: file) } == .missing)
        #expect(try file.size() == 0)
    }

    static func refusesToReadWhatIsLarger(_ store: any ObjectStore) throws {
        let key = try ObjectKey("limit/object")
        _ = try store.put(key, bytes: [1, 2, 3], if: .always)
        #expect(try store.read(key, limit: 3)?.bytes == [1, 2, 3])
        #expect(refusal { _ = try store.read(key, limit: 2) } == .invalid)
        let scratch = try ScratchDirectory()
        let file = try OpenFile(
            scratch.path.appending("target"), .readWrite, options: .create, permissions: [.ownerReadWrite])
        for offset: Int64 in [0, 1, 3] {
            #expect(refusal { _ = try store.get(key, range: offset, limit: 2, into: file) } == .corrupt)
        }
        #expect(try file.size() == 0)
        #expect(try store.get(key, range: 0, limit: 3, into: file).size == 3)
    }

    static func overwrites(_ store: any ObjectStore) throws {
        // given
        let key = try ObjectKey("overwrite/object")
        let first = try store.put(key, bytes: [1, 1, 1], if: .always)
        // when
        let second = try store.put(key, bytes: [2], if: .always)
        // then
        #expect(first.etag != second.etag)
        #expect(try store.read(key, limit: 10)?.bytes == [2])
        #expect(try store.list(prefix: "overwrite/").map(\.withoutHash) == [second.withoutHash])
    }

    static func ifAbsentNeverOverwrites(_ store: any ObjectStore) throws {
        let key = try ObjectKey("absent/object")
        let first = try store.put(key, bytes: [1], if: .ifAbsent)
        #expect(refusal { _ = try store.put(key, bytes: [2], if: .ifAbsent) } == .conditionFailed)
        #expect(
            refusal { _ = try store.put(key, bytes: [1], if: .ifAbsent) } == .conditionFailed,
            "the same bytes do not excuse it")
        #expect(try store.head(key) == first)
    }

    static func ifMatchesReplacesOnlyWhatItNames(_ store: any ObjectStore) throws {
        // given
        let key = try ObjectKey("matches/object")
        let first = try store.put(key, bytes: [1], if: .always)
        // when, then
        let second = try store.put(key, bytes: [2], if: .ifMatches(first.etag))
        #expect(refusal { _ = try store.put(key, bytes: [3], if: .ifMatches(first.etag)) } == .conditionFailed)
        #expect(refusal { _ = try store.put(key, bytes: [3], if: .ifMatches(ETag("\"x\""))) } == .conditionFailed)
        #expect(try store.head(key) == second)
        #expect(try store.read(key, limit: 10)?.bytes == [2])

        let absent = try ObjectKey("matches/absent")
        #expect(refusal { _ = try store.put(absent, bytes: [3], if: .ifMatches(first.etag)) } == .conditionFailed)
        #expect(try store.head(absent) == nil)
    }

    /// The writers wait for each other while they upload, so that all of them ask for the name at the same moment.
    static func oneOfManyWins(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        let files = (0..<32).map { scratch.path.appending("writer-\($0)") }
        for (number, file) in files.enumerated() {
            try plant(file, [UInt8](repeating: UInt8(number), count: 5_000))
        }
        for round in 0..<5 {
            // given
            let key = try ObjectKey("race/absent-\(round)")
            let barrier = Barrier(files.count)
            // when
            let outcomes = inParallel(files.count) { number in
                let digest = SHA256.hash([UInt8](repeating: UInt8(number), count: 5_000).span)
                return refusal {
                    _ = try store.put(key, file: files[number], sha256: digest, size: 5_000, if: .ifAbsent) { _ in
                        barrier.arrive()
                    }
                }
            }
            // then
            let winners = outcomes.indices.filter { outcomes[$0] == nil }
            #expect(winners.count == 1)
            #expect(outcomes.count { $0 == .conditionFailed } == 31)
            let stored = try #require(try store.read(key, limit: 10_000)).bytes
            #expect(stored == [UInt8](repeating: UInt8(winners.first ?? 0), count: 5_000))
        }
    }

    static func noUpdateIsLost(_ store: any ObjectStore) throws {
        // given
        let key = try ObjectKey("race/counter")
        _ = try store.put(key, bytes: [0], if: .always)
        // when
        let failures = inParallel(8) { _ in
            refusal {
                for _ in 0..<5 { try increment(key, store) }
            }
        }
        // then
        #expect(failures.allSatisfy { $0 == nil })
        #expect(try store.read(key, limit: 10)?.bytes == [40])
    }

    private static func increment(_ key: ObjectKey, _ store: any ObjectStore) throws {
        while true {
            let current = try #require(try store.read(key, limit: 10))
            do {
                _ = try store.put(key, bytes: [current.bytes[0] + 1], if: .ifMatches(current.info.etag))
                return
            } catch {
                if error.kind != .conditionFailed { throw error }
            }
        }
    }

    static func listsByPrefixInOrder(_ store: any ObjectStore) throws {
        // given
        let names = [
            "list/a", "list/a-b/c", "list/a.b", "list/a/b", "list/B", "list/b", "list/b=1/x", "list/ab/c/d", "lists",
        ]
        for name in names where name != "list/a" { _ = try store.put(ObjectKey(name), bytes: [1], if: .always) }
        // then
        let all = try store.list(prefix: "list/").map(\.key.text)
        #expect(
            all == ["list/B", "list/a-b/c", "list/a.b", "list/a/b", "list/ab/c/d", "list/b", "list/b=1/x"],
            "sorted by bytes, as a whole and not folder by folder")
        #expect(try store.list(prefix: "list/a").map(\.key.text) == all.filter { $0.hasPrefix("list/a") })
        #expect(try store.list(prefix: "list/a/").map(\.key.text) == ["list/a/b"])
        #expect(try store.list(prefix: "list/a/b").map(\.key.text) == ["list/a/b"])
        #expect(try store.list(prefix: "list").map(\.key.text) == all + ["lists"])
        #expect(try store.list(prefix: "list/z") == [])
        #expect(try store.list(prefix: "list/a/b/") == [])
        let everything = try store.list(prefix: "").map(\.key)
        #expect(everything == everything.sorted())
        #expect(everything.count >= names.count - 1)
        for info in try store.list(prefix: "list/") {
            let head = try #require(try store.head(info.key))
            #expect(info.etag == head.etag)
            #expect(info.size == 1)
        }
        for prefix in ["/", "list//", "../", "list/../", "list/ä", "list/a b"] {
            #expect(refusal { _ = try store.list(prefix: prefix) } == .invalid, "\(prefix)")
        }
    }

    /// - Parameter fill: stores one byte under each key, as fast as the backend can.
    static func listsManyPages(_ store: any ObjectStore, fill: ([ObjectKey]) throws -> Void) throws {
        // given
        let keys = try (0..<10_000).map { try ObjectKey("many/\($0 % 7)/object-\($0)") }
        try fill(keys)
        // when
        let listed = try store.list(prefix: "many/")
        // then
        #expect(listed.map(\.key) == keys.sorted())
        #expect(listed.allSatisfy { $0.size == 1 })
        #expect(try store.list(prefix: "many/3/").count == keys.count { $0.text.hasPrefix("many/3/") })
    }

    static func deletesForExaminations(_ store: any ExaminedStore) throws {
        // given
        let key = try ObjectKey("examined/one")
        let other = try ObjectKey("examined/other")
        for key in [key, other] { _ = try store.put(key, bytes: [1], if: .ifAbsent) }
        // when, then
        try store.delete(key)
        #expect(try store.head(key) == nil)
        #expect(try store.list(prefix: "examined/").map(\.key) == [other])
        try store.delete(key)
        try store.delete(ObjectKey("examined/never/there"))
        try store.delete(other)
        #expect(try store.list(prefix: "examined/") == [])
        _ = try store.put(key, bytes: [2], if: .ifAbsent)
        #expect(try store.read(key, limit: 1)?.bytes == [2])
        try store.delete(key)
        #expect(try store.unfinishedUploads(prefix: "examined/") == [])
    }

    static func takesAwkwardKeys(_ store: any ObjectStore) throws {
        let digest = SHA256.hash([1].span).hex
        let texts = [
            "dev/artifacts/anchors/\(digest)/dev@2026-01.full.send.zst.age",
            "dev/artifacts/incr/\(digest)/dev@2026-02.incr.from_2026-01.send.zst.age",
            "awkward/-", "awkward/=", "awkward/...", "awkward/.hidden", "awkward/@=@", "awkward/_-.=@",
            "awkward/" + String(repeating: "x", count: 255),
            "awkward/" + String(repeating: "abcdefg/", count: 126) + "12345678",
        ]
        for text in texts {
            let key = try ObjectKey(text)
            let stored = try store.put(key, bytes: Array(text.utf8), if: .ifAbsent)
            #expect(try store.head(key) == stored)
            #expect(try store.read(key, limit: 2_000)?.bytes == Array(text.utf8))
            #expect(try store.list(prefix: text).map(\.key) == [key])
        }
    }

    static func honoursTheCanary(_ store: any ObjectStore) throws {
        let key = try ObjectKey("canary/object")
        var attempt: UInt8 = 0
        for _ in 0..<3 {
            let support = try store.canary(key) {
                attempt += 1
                return [attempt]
            }
            #expect(support.ifAbsent)
            #expect(support.ifMatches)
            #expect(support.isComplete)
        }
        #expect(try store.list(prefix: "canary/").count == 1)
    }
}

extension ObjectInfo {
    /// As a listing may give it: S3's knows no stored hash.
    var withoutHash: ObjectInfo { ObjectInfo(key: key, size: size, etag: etag, sha256: nil) }
}

/// What kind of `StoreError` came; nil where none did. Another error is an issue of its own.
func refusal(_ body: () throws -> Void) -> StoreError.Kind? {
    do {
        try body()
        return nil
    } catch let error as StoreError {
        #expect(!error.description.isEmpty && !error.description.hasSuffix("."))
        return error.kind
    } catch {
        Issue.record(error)
        return nil
    }
}
