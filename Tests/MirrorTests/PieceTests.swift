import Digest
import JournalFormat
import Mirror
import ObjectStore
import ScratchSpace
import Testing

@Suite("The journal in pieces")
struct PieceTests {
    let server: TestServer
    let bucket: Bucket

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
    }

    private static let hash = String(repeating: "0", count: 64)

    /// A push after each of so many records.
    private func pushEach(_ count: Int) throws {
        for _ in 0..<count {
            try server.note()
            try server.push(to: bucket.store)
        }
    }

    private func named(_ text: String) throws -> String {
        try #require(try bucket.names.first { $0.contains("/0000000000\(text)-") })
    }

    private func fetches(_ server: TestServer) throws -> Bool {
        try server.fetch(from: bucket.store).segments == server.segments
    }

    // MARK: Names

    @Test(
        "A piece's name says its records and is written in one way",
        arguments: [
            (1, 1, 1), (43, 5, 1), (1, 4096, 1), (4096, 1, 1), (4097, 4096, 4097),
            (999_999_999_999, 1, 999_999_995_905),
        ])
    func names(firstSeq: Int, count: Int, segment: Int) throws {
        let name = PieceName(firstSeq: firstSeq, count: count, head: SHA256.hash([1].span))
        #expect(PieceName(name.description) == name)
        #expect(name.records == firstSeq...firstSeq + count - 1 && name.segment == segment)
        #expect(name.isSegment == (count == 4096))
        let layout = MirrorLayout(dataset: "dev")
        let key = try layout.piece(name, sha256: SHA256.hash([2].span))
        let info = ObjectInfo(key: key, size: 7, etag: ETag("x"), sha256: nil)
        let piece = try #require(MirroredPiece(info, in: layout))
        #expect(piece.name == name && piece.sha256 == SHA256.hash([2].span) && piece.bytes == 7)
        #expect(MirroredPiece(info, in: MirrorLayout(dataset: "notes")) == nil)
    }

    @Test(
        "What no piece is called is none",
        arguments: [
            "000000000001-9223372036854775807-H", "9223372036854775807-9223372036854775807-H", "000000000001-4097-H",
            "000000000001-0-H", "000000000002-4096-H", "000000004096-2-H", "000000000000-1-H", "000000004097-01-H",
            "000000000001--1-H", "+00000000001-1-H", "00000000000001-1-H", "1-1-H", "000000000001-1-short",
            "000000000001-1-G", "000000000001-1-H-1", "000000000001-1", "x", "",
        ])
    func hostileNames(name: String) throws {
        let text = name.replacing("H", with: Self.hash).replacing("G", with: Self.hash.dropLast() + "A")
        #expect(PieceName("\(text).jsonl.age") == nil)
        #expect(PieceName(text) == nil)
    }

    @Test("What lies in another place than its name says is left alone, and nobody is kept from anything by it")
    func hostilePlaces() throws {
        try server.push(to: bucket.store)
        let (hash, layout) = (Self.hash, MirrorLayout(dataset: "dev"))
        for place in [
            "\(hash)/000000000001-2", "segments/\(hash)/000000000001-2", "pieces/\(hash)/000000000001-2",
            "pieces/000000000001/\(hash)/000000000001-4096", "pieces/000000004097/\(hash)/000000000001-2",
            "pieces/1/\(hash)/000000000001-2", "pieces/000000000001/000000000001-2",
            "pieces/000000000001/deeper/\(hash)/000000000001-2",
            "pieces/000000000001/\(hash.dropLast())/000000000001-2",
            "before/\(hash)/000000000001-2",
        ] {
            let name = "dev/journal/\(place)-\(hash).jsonl.age"
            try bucket.put(name, [1])
            let info = try #require(try bucket.store.head(try ObjectKey(name)))
            #expect(MirroredPiece(info, in: layout) == nil, "\(name)")
        }
        try server.note()
        try server.push(to: bucket.store)
        #expect(try fetches(server))
        #expect(try bucket.pieces.map(\.records) == [1...2, 3...3])
    }

    // MARK: Coming back

    @Test("Pieces that are there twice, overlap, or hold more than is needed do no harm")
    func doubled() throws {
        try pushEach(4)
        for records in [1...2, 1...2, 3...6, 2...4, 5...5, 1...6, 4...4] { try server.store(records, in: bucket) }
        #expect(try fetches(server))
        // and whichever is gone, the others stand in
        for name in try bucket.names where name.contains("/pieces/") {
            let bytes = try #require(try bucket.bytes(name))
            try bucket.remove(name)
            #expect(try fetches(server))
            try bucket.put(name, bytes)
        }
    }

    @Test("A piece that is missing is named by the record that cannot be had", arguments: [3, 4, 6])
    func missing(last: Int) throws {
        try pushEach(4)
        let name = last == 3 ? "01-3" : "0\(last)-1"
        try bucket.remove(try named(name))
        guard case .recordMissing(last) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not named")
            return
        }
    }

    @Test("A piece that is damaged is named, and passed over where another holds its records")
    func damaged() throws {
        try pushEach(4)
        let name = try named("04-1")
        try bucket.damage(name)
        guard case .objectDamaged(let key) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not named")
            return
        }
        #expect(key.text == name)
        try server.store(3...5, in: bucket)
        #expect(try fetches(server))
    }

    @Test(
        "Of a piece that somebody made up nothing is taken: the right last line after wrong ones, one too many, other numbers",
        arguments: ["wrong", "count", "numbers", "garbage"])
    func forged(kind: String) throws {
        try pushEach(4)
        let right = try bucket.names
        let head = SHA256.hash(server.lines(6...6).span)
        var (lines, name) = (server.lines(4...6), PieceName(firstSeq: 4, count: 3, head: head))
        switch kind {
        case "wrong": lines = server.lines(3...3) + server.lines(5...6)
        case "count": name = PieceName(firstSeq: 3, count: 4, head: head)
        case "numbers": name = PieceName(firstSeq: 5, count: 3, head: head)
        default: lines = [1, 2, 3]
        }
        let forged = try server.store(lines, as: name, in: bucket)
        #expect(try fetches(server), "it is passed over")
        // and where nothing else is there, it is what is named
        for name in right where name.contains("/pieces/") { try bucket.remove(name) }
        guard case .objectDamaged(let key) = refusal({ _ = try server.fetch(from: bucket.store) }) else {
            Issue.record("not named")
            return
        }
        #expect(key.text == forged)
    }

    @Test("Pieces of another journal, of a fork and of an epoch that was given up are not taken")
    func others() throws {
        // given: another journal for the same age key, a copy that went its own way
        let fork = try server.copied()
        try pushEach(2)
        let other = try TestServer(identity: server.identity)
        try other.note(6)
        try fork.note(6)
        for records in [1...3, 3...4, 4...4, 1...8, 5...8] {
            try other.store(records, in: bucket)
            try fork.store(records, in: bucket)
        }
        #expect(try fetches(server))
        // and what the old server stores after another one took over
        let successor = try server.takeOver(from: bucket.store)
        try server.note(3)
        try server.store(5...7, in: bucket)
        try successor.note()
        try successor.push(to: bucket.store)
        #expect(try fetches(successor))
        #expect(try successor.fetch(from: bucket.store).beyondCheckpoint == 0)
    }

    @Test("A segment that is gone comes back from its pieces; a check names it, and a repair stores it again")
    func wholeFromPieces() throws {
        let server = try TestServer.withFullSegment()
        try server.push(to: bucket.store)
        for first in stride(from: 1, to: 4096, by: 1024) { try server.store(first...first + 1023, in: bucket) }
        try bucket.remove(try #require(try bucket.names.first { $0.contains("/segments/") }))
        #expect(try fetches(server))
        func findings() throws -> [MirrorFinding] {
            try MirrorCheck(server.reader(bucket.store), journal: server.journal, isDeep: true).run().findings
        }
        #expect(try findings().map(\.detail) == ["records 1 to 4096"])
        #expect(try server.push(to: bucket.store, repair: .listed).pieces == 1)
        #expect(try findings() == [])
        #expect(try bucket.pieces.first { $0.isSegment } != nil)
    }

    @Test("What a push that was cut off has left does not keep the next one from storing all that is new")
    func leftOver() throws {
        try server.push(to: bucket.store)
        for isLast in [false, false, true] {
            try server.note()
            let store = WrappedStore(bucket.store)
            store.before = { _, key throws(StoreError) in
                if key.text == Bucket.checkpoint, !isLast { throw StoreError(.unreachable, "lost on the way") }
            }
            if isLast { try server.push(to: store) } else { _ = refusal { try server.push(to: store) } }
        }
        #expect(try bucket.pieces.map(\.records) == [1...2, 3...3, 3...4, 3...5])
        #expect(try server.isMirrored(in: bucket))
    }
}
