import Digest
import DurableFiles
import ObjectStore
import ScratchSpace
import SystemPackage
import Testing

extension Conformance {
    /// A few MiB that no compression and no repeated block can make look right; not a multiple of anything.
    private static let large: [UInt8] = {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        return (0..<(5 << 20) + 12_345).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }()

    static func keepsLargeFiles(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        // given
        let key = try ObjectKey("large/object")
        let file = scratch.path.appending("large")
        let digest = SHA256.hash(large.span)
        let size = Int64(large.count)
        try plant(file, large)
        // when
        let progress = HighestProgress()
        let stored = try store.put(key, file: file, sha256: digest, size: size, if: .ifAbsent) { progress.note($0) }
        // then
        #expect(stored.size == size)
        #expect(stored.sha256 == nil || stored.sha256 == digest)
        #expect(try store.head(key) == stored)
        #expect(try store.list(prefix: "large/").map(\.etag) == [stored.etag])
        #expect(progress.largest == size)
        #expect(
            refusal { _ = try store.put(key, file: file, sha256: digest, size: size, if: .ifAbsent) }
                == .conditionFailed)
        #expect(try store.put(key, file: file, sha256: digest, size: size, if: .ifMatches(stored.etag)).size == size)
        try fetchesRanges(store, stored, scratch)
    }

    /// Closed ranges of one object, and none of one that was replaced between two of them.
    static func readsParts(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        // given
        let key = try ObjectKey("parts/object")
        let file = scratch.path.appending("whole")
        try plant(file, large)
        let size = Int64(large.count)
        let stored = try store.put(key, file: file, sha256: SHA256.hash(large.span), size: size, if: .ifAbsent)
        // when, then
        var known: ObjectInfo?
        let before = store.traffic
        let ranges: [Range<Int64>] = [0..<1, 65_535..<131_073, size - 7..<size, 0..<size, 3..<4]
        for range in ranges {
            let (bytes, info) = try store.read(key, part: range, of: known)
            #expect(bytes.elementsEqual(large[Int(range.lowerBound)..<Int(range.upperBound)]))
            #expect(info == stored, "the answer describes the whole object")
            known = info
        }
        let asked = ranges.reduce(0) { $0 + $1.count }
        #expect(store.traffic.requests - before.requests == ranges.count)
        #expect(store.traffic.bytes - before.bytes == asked)
        for range in [size - 1..<size + 1, size..<size + 1, 5..<5] {
            #expect(refusal { _ = try store.read(key, part: range, of: nil) } == .invalid)
        }
        #expect(refusal { _ = try store.read(try ObjectKey("parts/none"), part: 0..<1, of: nil) } == .missing)

        // Another one of the same length is not mixed with it.
        var other = large
        other[0] ^= 1
        try plant(file, other)
        _ = try store.put(key, file: file, sha256: SHA256.hash(other.span), size: size, if: .always)
        #expect(refusal { _ = try store.read(key, part: 10..<20, of: known) } == .corrupt)
        #expect(try store.read(key, part: 0..<1, of: nil).bytes == [other[0]])
    }

    /// The rest from any offset, appended where the file stands.
    private static func fetchesRanges(
        _ store: any ObjectStore, _ stored: ObjectInfo, _ scratch: ScratchDirectory
    ) throws {
        for offset in [0, 1, 65_536, large.count - 1, large.count] {
            let target = scratch.path.appending("from-\(offset)")
            let file = try OpenFile(target, .readWrite, options: .create, permissions: .ownerReadWrite)
            try file.write(Array("begun".utf8).span)
            let progress = HighestProgress()
            let info = try store.get(stored.key, range: Int64(offset), limit: .max, into: file) { progress.note($0) }
            #expect(info == stored, "the answer describes the whole object")
            #expect(contents(target) == Array("begun".utf8) + large[offset...])
            #expect(progress.largest == Int64(large.count - offset))
        }
        let file = try OpenFile(
            scratch.path.appending("beyond"), .readWrite, options: .create, permissions: .ownerReadWrite)
        for offset in [stored.size + 1, -1] {
            #expect(refusal { _ = try store.get(stored.key, range: offset, limit: .max, into: file) } == .invalid)
        }
        #expect(try file.size() == 0)
    }

    static func refusesFilesThatAreNotAsAnnounced(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        // given
        let file = scratch.path.appending("file")
        try plant(file, large)
        let digest = SHA256.hash(large.span)
        let size = Int64(large.count)
        let other = SHA256.hash([1].span)
        let taken = try ObjectKey("announced/taken")
        let before = try store.put(taken, bytes: [1], if: .always)
        // when, then
        for key in [taken, try ObjectKey("announced/free")] {
            for (digest, size) in [(other, size), (digest, size - 1), (digest, size + 1), (digest, 0)] {
                #expect(
                    refusal { _ = try store.put(key, file: file, sha256: digest, size: size, if: .always) } == .corrupt)
            }
        }
        #expect(try store.list(prefix: "announced/").map(\.withoutHash) == [before.withoutHash])
        #expect(try store.read(taken, limit: 10)?.bytes == [1])
    }

    static func refusesFilesThatAreNotThere(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        let key = try ObjectKey("source/object")
        for path in [scratch.path.appending("absent"), scratch.path] {
            #expect(
                refusal { _ = try store.put(key, file: path, sha256: SHA256Digest(), size: 1, if: .always) }
                    == .invalid)
        }
        #expect(try store.head(key) == nil)
    }

    static func keepsEmptyFiles(_ store: any ObjectStore, _ scratch: ScratchDirectory) throws {
        let file = scratch.path.appending("empty")
        try plant(file)
        let digest = SHA256.hash([UInt8]().span)
        let stored = try store.put(ObjectKey("empty/object"), file: file, sha256: digest, size: 0, if: .ifAbsent)
        #expect(stored.size == 0)
        let target = try OpenFile(
            scratch.path.appending("target"), .readWrite, options: .create, permissions: .ownerReadWrite)
        #expect(try store.get(stored.key, range: 0, limit: .max, into: target) == stored)
    }
}
