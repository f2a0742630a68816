import Backup
import Digest
import DurableFiles
import Foundation
import Mirror
import ObjectStore
import ScratchSpace
import SystemPackage
import Testing

@Suite("Several downloads at once")
struct DownloadTests {
    @Test(
        "Every item is taken once, by as many threads as there may be",
        arguments: [(0, 4), (1, 4), (3, 4), (40, 4), (5, 1)])
    func limit(items: Int, limit: Int) throws {
        let counter = Counter(meeting: min(items, limit))
        try forEach(Array(0..<items), atMost: limit) { item throws(MirrorError) in counter.visit(item) }
        #expect(counter.visited.sorted() == Array(0..<items))
        #expect(counter.mostAtOnce == min(items, limit))
    }

    @Test("After a failure no more are begun, and it is what is thrown")
    func failure() throws {
        let counter = Counter(meeting: 1)
        let error = refusal {
            try forEach(Array(0..<1_000), atMost: 4) { item throws(MirrorError) in
                counter.visit(item)
                if item == 5 { throw .recordMissing(5) }
            }
        }
        guard case .recordMissing(5) = error else {
            Issue.record("thrown was \(String(describing: error))")
            return
        }
        #expect(counter.visited.count < 1_000)
    }

    @Test("A journal is fetched only as far as the disk's reserve stays free, and nothing of it is left half written")
    func reserve() throws {
        let server = try TestServer.withFullSegment()
        let bucket = try Bucket()
        try server.push(to: bucket.store)
        let scratch = try ScratchDirectory()
        let reader = MirrorReader(
            store: bucket.store, layout: MirrorLayout(dataset: "dev"), identities: [server.identity],
            keeping: .bytes(1 << 60))
        guard
            case .file(let failure) = refusal({
                _ = try reader.fetchJournal(into: scratch.path.appending("journal"), pinnedRoot: server.root.id)
            })
        else {
            Issue.record("it must be refused for want of room")
            return
        }
        #expect(failure.isOutOfSpace)
        #expect(failure.hint?.contains("kept in reserve") == true)
        #expect(tree(scratch.path.appending("journal")) == [])
    }

    @Test("A journal's pieces are fetched at the same time, and each is checked against key and name")
    func segments() throws {
        let server = try TestServer.withFullSegment()
        let bucket = try Bucket()
        try server.push(to: bucket.store)
        try server.note()
        try server.push(to: bucket.store)
        // when: a read of a piece waits until another one has begun
        let counter = Counter(meeting: 2)
        let store = MeetingStore(bucket.store, counter)
        #expect(try server.fetch(from: store).segments == server.segments)
        // then
        #expect(counter.mostAtOnce == 2)
        #expect(counter.visited.count == 2, "each is fetched once")
        // and a damaged one is none, whichever it is
        for name in try bucket.names where name.hasPrefix("dev/journal/") {
            let right = try #require(try bucket.bytes(name))
            try bucket.damage(name)
            guard case .objectDamaged(let key) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
                Issue.record("not told as damaged")
                continue
            }
            #expect(key.text == name)
            try bucket.put(name, right)
        }
    }
}

/// Counts who is there at the same time. The first ones wait for each other, but not for ever.
private final class Counter: @unchecked Sendable {
    private let condition = NSCondition()
    private let meeting: Int
    private var present = 0
    private var haveMet = false
    private(set) var mostAtOnce = 0
    private(set) var visited: [Int] = []

    init(meeting: Int) {
        self.meeting = meeting
    }

    func visit(_ item: Int) {
        condition.lock()
        defer { condition.unlock() }
        visited.append(item)
        present += 1
        mostAtOnce = max(mostAtOnce, present)
        if present >= meeting {
            haveMet = true
            condition.broadcast()
        }
        let end = Date().addingTimeInterval(20)
        while !haveMet, condition.wait(until: end) {}
        condition.unlock()
        Thread.sleep(forTimeInterval: 0.001)
        condition.lock()
        present -= 1
    }
}

/// Lets the reads of pieces meet.
private final class MeetingStore: ObjectStore, Sendable {
    private let base: any ObjectStore
    private let counter: Counter

    init(_ base: any ObjectStore, _ counter: Counter) {
        self.base = base
        self.counter = counter
    }

    var url: String { base.url }

    func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) { try base.read(key, part: range, of: known) }

    var traffic: StoreTraffic { base.traffic }

    func head(_ key: ObjectKey) throws(StoreError) -> ObjectInfo? { try base.head(key) }

    func list(prefix: String) throws(StoreError) -> [ObjectInfo] { try base.list(prefix: prefix) }

    func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile, progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        try base.get(key, range: offset, limit: limit, into: file, progress: progress)
    }

    func read(_ key: ObjectKey, limit: Int) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)? {
        if key.text.hasPrefix("dev/journal/pieces/") { counter.visit(0) }
        return try base.read(key, limit: limit)
    }

    func put(_ key: ObjectKey, bytes: [UInt8], if condition: PutCondition) throws(StoreError) -> ObjectInfo {
        try base.put(key, bytes: bytes, if: condition)
    }

    func put(
        _ key: ObjectKey, file: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        try base.put(key, file: file, sha256: sha256, size: size, if: condition, progress: progress)
    }
}
