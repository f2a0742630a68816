import Digest
import DurableFiles
import ScratchSpace
import Synchronization
import SystemPackage
import Testing

@testable import Curl
@testable import ObjectStore

/// A store that answers a listing, or one object, with whatever a closure says.
private final class HostileServer: S3Transport, @unchecked Sendable {
    private(set) var requests = 0
    private let reply: (S3Request, Int) -> (head: [String: String], body: [UInt8])
    /// Sent to the sink in pieces of so many bytes.
    private let piece: Int
    private let isEndless: Bool

    init(
        piece: Int = 1 << 16, isEndless: Bool = false,
        _ reply: @escaping (S3Request, Int) -> (head: [String: String], body: [UInt8])
    ) {
        self.reply = reply
        self.piece = piece
        self.isEndless = isEndless
    }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        requests += 1
        let (fields, body) = reply(request, requests)
        let isPart = request.headers.contains { $0.name == "Range" }
        let head = HTTPHead(status: isPart ? 206 : 200, fields: fields)
        guard let sink else { return S3Answer(head: head, body: body) }
        let lost = TransferError(error: StoreError(.unreachable, "ended"), mayHeal: true, isUnclear: false)
        guard sink.begin(head) else { throw lost }
        var start = 0
        while start < body.count {
            let end = min(start + piece, body.count)
            guard sink.write(body.span.extracting(start..<end)) else { throw lost }
            if isEndless { throw lost }
            start = end
        }
        return S3Answer(head: head, body: [])
    }
}

private func store(_ server: HostileServer, _ change: (inout S3Settings) -> Void = { _ in }) throws -> S3Store {
    var settings = S3Settings()
    settings.attempts = 3
    change(&settings)
    return S3Store(try S3Location(url: "s3://bucket?endpoint=https://store.example"), settings, server)
}

private func page(_ keys: [String], token: String?) -> [UInt8] {
    let contents = keys.map { "<Contents><Key>\($0)</Key><Size>1</Size><ETag>&quot;e&quot;</ETag></Contents>" }
    let next = token.map { "<NextContinuationToken>\($0)</NextContinuationToken>" } ?? ""
    return Array(
        ("<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>\(token != nil)</IsTruncated>\(next)"
            + contents.joined() + "</ListBucketResult>").utf8)
}

@Suite("A store that lies without end")
struct HostileAnswerTests {
    // MARK: Listings

    @Test("A listing of three pages is whole")
    func pages() throws {
        let server = HostileServer { _, count in
            ([:], page(["a\(count)", "b\(count)"], token: count < 3 ? "t\(count)" : nil))
        }
        #expect(try store(server).list(prefix: "").count == 6)
    }

    @Test("A token that came before ends a listing, and so does one that is missing", arguments: [2, 3])
    func repeatedToken(period: Int) throws {
        let server = HostileServer { _, count in ([:], page([], token: "t\(count % period)")) }
        let error = #expect(throws: StoreError.self) { try store(server).list(prefix: "") }
        #expect(error?.kind == .refused)
        #expect(server.requests == period + 1)
        let empty = HostileServer { _, _ in ([:], page([], token: "")) }
        #expect(throws: StoreError.self) { try store(empty).list(prefix: "") }
        #expect(empty.requests == 1)
    }

    @Test("A listing with ever new tokens comes to an end: by its pages, its objects or its names")
    func endless() throws {
        let empty = HostileServer { _, count in ([:], page([], token: "t\(count)")) }
        #expect(throws: StoreError.self) { try store(empty) { $0.listing.pages = 20 }.list(prefix: "") }
        #expect(empty.requests == 20)
        let objects = HostileServer { _, count in ([:], page(["k\(count)"], token: "t\(count)")) }
        #expect(throws: StoreError.self) { try store(objects) { $0.listing.objects = 5 }.list(prefix: "") }
        #expect(objects.requests == 6)
        let names = HostileServer { _, count in ([:], page(["k\(count)"], token: "t\(count)")) }
        #expect(throws: StoreError.self) { try store(names) { $0.listing.keys = 10 }.list(prefix: "") }
        #expect(names.requests == 6)
        let slow = HostileServer { _, count in ([:], page([], token: "t\(count)")) }
        #expect(throws: StoreError.self) { try store(slow) { $0.listing.seconds = 0 }.list(prefix: "") }
        #expect(slow.requests == 1)
    }

    // MARK: XML

    @Test("An answer has so many elements, and is so deep, and no more")
    func elements() {
        func flat(_ count: Int) -> [UInt8] {
            Array(("<a>" + String(repeating: "<b/>", count: count - 1) + "</a>").utf8)
        }
        #expect(XMLElement(parsing: flat(XMLElement.maximumElements))?.children.count == XMLElement.maximumElements - 1)
        #expect(XMLElement(parsing: flat(XMLElement.maximumElements + 1)) == nil)
        func deep(_ count: Int) -> [UInt8] {
            Array((String(repeating: "<a>", count: count) + String(repeating: "</a>", count: count)).utf8)
        }
        #expect(XMLElement(parsing: deep(16)) != nil)
        #expect(XMLElement(parsing: deep(17)) == nil)
    }

    @Test("Names, prefixes, attributes, entities and what is passed over")
    func readsAnswers() throws {
        let text =
            "<?xml version=\"1.0\"?><!-- c --><s3:R xmlns:s3='http://x/y'><Key a=\"b\">a&amp;b&#x41;&#66;</Key><E/><E /><K>1</K></s3:R>"
        let element = try #require(XMLElement(parsing: Array(text.utf8)))
        #expect(element.name == "R")
        #expect(element["Key"] == "a&bAB")
        #expect(element.children.map(\.name) == ["Key", "E", "E", "K"])
        for bad in [
            "", "<a>", "<a></b>", "</a>", "<a>&no;</a>", "<a>&amp</a>", "<a>&\(String(repeating: "x", count: 50));</a>",
            "x",
        ] {
            #expect(XMLElement(parsing: Array(bad.utf8)) == nil, "\(bad)")
        }
        #expect(XMLElement(parsing: Array("<a>".utf8) + [0xff] + Array("</a>".utf8)) == nil)
    }

    @Test("What a store says is shown without what a terminal would obey")
    func escaped() throws {
        let message = "<Error><Code>X</Code><Message>no\u{1b}[2J\u{9b}31m\u{202e}way\u{2028}!</Message></Error>"
        let server = HostileServer { _, _ in ([:], []) }
        let answer = S3Answer(head: HTTPHead(status: 400, fields: [:]), body: Array(message.utf8))
        let said = try store(server).failure(answer, "read a").description
        #expect(said.hasSuffix(": no[2J31mway!"))
    }

    // MARK: Bodies

    private func download(
        _ server: HostileServer, limit: Int64 = .max
    ) throws -> (error: StoreError?, bytes: Int) {
        let scratch = try ScratchDirectory()
        let path = scratch.path.appending("file")
        let file = try OpenFile(path, .readWrite, options: [.create], permissions: .ownerReadWrite)
        var failure: StoreError?
        do { _ = try store(server).get(ObjectKey("a"), range: 0, limit: limit, into: file) } catch {
            failure = error as? StoreError
        }
        return (failure, Int(try file.size()))
    }

    @Test("An object larger than it may be is refused before a byte of it is written")
    func largerThanKnown() throws {
        let server = HostileServer { _, _ in
            (["content-length": "1000", "etag": "\"e\""], [UInt8](repeating: 7, count: 1000))
        }
        let (error, written) = try download(server, limit: 999)
        #expect(error?.kind == .corrupt)
        #expect(written == 0)
        #expect(try download(server, limit: 1000).error == nil)
    }

    @Test("A body that is longer than announced is cut off where it goes beyond")
    func longerThanAnnounced() throws {
        let server = HostileServer(piece: 100) { _, _ in
            (["content-length": "1000", "etag": "\"e\""], [UInt8](repeating: 7, count: 1 << 20))
        }
        let (error, written) = try download(server)
        #expect(error?.kind == .corrupt)
        #expect(written == 1000)
        #expect(server.requests == 1)
    }

    @Test("A small object is not taken beyond its limit, announced or not", arguments: [true, false])
    func smallObject(isAnnounced: Bool) throws {
        let server = HostileServer(piece: 100) { _, _ in
            (
                isAnnounced ? ["content-length": "5000", "etag": "\"e\""] : ["etag": "\"e\""],
                [UInt8](repeating: 7, count: 5000)
            )
        }
        let error = #expect(throws: StoreError.self) { try store(server).read(ObjectKey("a"), limit: 4999) }
        #expect(error?.kind == .invalid)
        #expect(server.requests == 1)
    }

    @Test("A connection that ends after a few bytes each time is given up, although something came each time")
    func trickle() throws {
        let server = HostileServer(piece: 3, isEndless: true) { request, _ in
            let range = request.headers.first { $0.name == "Range" }?.value.dropFirst("bytes=".count).dropLast()
            let start = range.flatMap { Int($0) } ?? 0
            return (
                ["content-length": "\(1000 - start)", "etag": "\"e\"", "content-range": "bytes \(start)-999/1000"],
                [UInt8](repeating: 7, count: 1000 - start)
            )
        }
        #expect(try download(server).error?.kind == .unreachable)
        #expect(server.requests == 3)
    }

    // MARK: Retries

    @Test("All pauses of a request together have a limit, whatever the server asks for")
    func retryAfter() throws {
        final class Busy: S3Transport, @unchecked Sendable {
            private(set) var requests = 0
            func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
                requests += 1
                // The first answer shows that the store is one.
                let status = requests == 1 ? 404 : 503
                return S3Answer(head: HTTPHead(status: status, fields: ["retry-after": "100000"]), body: [])
            }
        }
        let busy = Busy()
        let transport = RetryingTransport(busy, RetryPolicy(attempts: 100)) { _ in }
        _ = try transport.send(S3Request(method: "GET"), into: nil)
        #expect(try transport.send(S3Request(method: "GET"), into: nil).status == 503)
        // 300 s each, 900 in all.
        #expect(busy.requests == 1 + 4)
    }

    @Test(
        "What was written too often is sent again after a second at the earliest, what found a busy server sooner",
        arguments: [429, 503])
    func tooOften(status: Int) throws {
        let pauses = Mutex<[Double]>([])
        struct Refusing: S3Transport {
            let status: Int
            func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
                S3Answer(head: HTTPHead(status: status, fields: [:]), body: [])
            }
        }
        let policy = RetryPolicy(attempts: 3)
        let transport = RetryingTransport(Refusing(status: status), policy) { seconds in
            pauses.withLock { $0.append(seconds) }
        }
        #expect(try transport.send(S3Request(method: "PUT"), into: nil).status == status)
        let waited = pauses.withLock { $0 }
        #expect(waited.count == 2)
        #expect(waited.allSatisfy { status == 429 ? $0 >= 1.1 : $0 <= 0.4 })
        #expect(policy.pause(failed: 1, retryAfter: 7, status: 429, random: 0) == 7)
    }
}
