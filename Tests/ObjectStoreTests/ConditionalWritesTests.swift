import Digest
import ScratchSpace
import Testing

@testable import Curl
@testable import ObjectStore

/// A server with one object that is peculiar about conditions.
private final class PeculiarServer: S3Transport, @unchecked Sendable {
    enum Kind {
        /// Compares `If-Match` with its bare ETag, as DigitalOcean's Spaces do.
        case bare
        /// Takes only a quoted `If-Match` for a condition, and refuses that always; anything else overwrites.
        case refusing
        /// 501 to each conditional write.
        case unable
    }

    private let kind: Kind
    private(set) var object: [UInt8]?
    private(set) var requests = 0

    init(_ kind: Kind) {
        self.kind = kind
    }

    private var hash: String {
        let bytes = object ?? []
        return hexadecimal(MD5.hash(bytes.span))
    }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        requests += 1
        let fields = ["etag": "\"\(hash)\"", "content-length": "\(object?.count ?? 0)"]
        if request.method != "PUT" {
            guard let object else { return S3Answer(head: HTTPHead(status: 404, fields: [:]), body: []) }
            guard let sink else { return S3Answer(head: HTTPHead(status: 200, fields: fields), body: object) }
            let head = HTTPHead(status: 200, fields: fields)
            guard sink.begin(head), sink.write(object.span) else {
                throw TransferError(error: StoreError(.unreachable, "ended"), mayHeal: false, isUnclear: false)
            }
            return S3Answer(head: head, body: [])
        }
        for (name, value) in request.headers where name.hasPrefix("If-") {
            let isRefused =
                switch (kind, name) {
                case (.unable, _): true
                case (_, "If-None-Match"): object != nil
                case (.bare, _): value != hash
                default: value.hasPrefix("\"")
                }
            if isRefused {
                return S3Answer(head: HTTPHead(status: kind == .unable ? 501 : 412, fields: [:]), body: [])
            }
        }
        if case .bytes(let bytes, _) = request.body { object = bytes }
        return S3Answer(head: HTTPHead(status: 200, fields: ["etag": "\"\(hash)\""]), body: [])
    }
}

@Suite("Stores that are peculiar about conditional writes")
struct ConditionalWritesTests {
    private func store(_ server: PeculiarServer) throws -> S3Store {
        S3Store(try S3Location(url: "s3://bucket?endpoint=https://store.example"), S3Settings(), server)
    }

    private func canary(_ store: S3Store) throws -> ConditionSupport {
        var attempt: UInt8 = 0
        return try store.canary(ObjectKey("canary")) {
            attempt += 1
            return [attempt]
        }
    }

    @Test("One that wants ETags without quotes is found out, and written to so from then on")
    func bare() throws {
        let server = PeculiarServer(.bare)
        let store = try store(server)
        #expect(try canary(store).isComplete)
        let key = try ObjectKey("canary")
        let there = try #require(try store.head(key))
        _ = try store.put(key, bytes: [100], if: .ifMatches(there.etag))
        #expect(server.object == [100])
        let error = #expect(throws: StoreError.self) { try store.put(key, bytes: [1], if: .ifMatches(there.etag)) }
        #expect(error?.kind == .conditionFailed && server.object == [100])
    }

    @Test(
        "One that refuses its own ETag, and overwrites where there are no quotes, is refused, and not called careless")
    func refusing() throws {
        let store = try store(PeculiarServer(.refusing))
        let support = try canary(store)
        #expect(support == ConditionSupport(ifAbsent: true, ifMatches: false, refusesOwn: true))
        #expect(store.headers(.ifMatches(ETag("\"e\""))).first?.value == "\"e\"")
    }

    @Test("501 to a conditional write is the store's lack, for good, and is not tried again")
    func unable() throws {
        let server = PeculiarServer(.unable)
        let error = #expect(throws: StoreError.self) {
            try store(server).put(ObjectKey("a"), bytes: [1], if: .ifAbsent)
        }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains("does not support conditional writes (If-None-Match)") == true)
        #expect(error?.hint?.contains("later") == false)
        #expect(server.requests == 2, "with a checksum, and without, as some know none")
    }

    @Test("An answer that cannot be read is asked for again, and is not a verdict on the store", arguments: [1, 3])
    func listings(damaged: Int) throws {
        let sound =
            "<?xml version=\"1.0\"?><ListBucketResult><KeyCount>1</KeyCount><Contents><Key>a</Key><Size>1</Size>"
            + "<ETag>e</ETag></Contents></ListBucketResult>"
        for broken in [
            sound.replacing("</Key>", with: "</Kex>"), sound.replacing("Count>1", with: "Count>2"),
            sound.replacing("Size>1", with: "Size>x"),
        ] {
            let server = ListingServer { Array(($0 <= damaged ? broken : sound).utf8) }
            let store = S3Store(
                try S3Location(url: "s3://bucket?endpoint=https://store.example"), S3Settings(), server)
            if damaged < 3 {
                #expect(try store.list(prefix: "").count == 1)
            } else {
                let error = #expect(throws: StoreError.self) { try store.list(prefix: "") }
                #expect(error?.description.contains("cannot be read, three times") == true)
            }
        }
    }
}

private final class ListingServer: S3Transport, @unchecked Sendable {
    private let reply: (Int) -> [UInt8]
    private var requests = 0

    init(_ reply: @escaping (Int) -> [UInt8]) {
        self.reply = reply
    }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        requests += 1
        return S3Answer(head: HTTPHead(status: 200, fields: [:]), body: reply(requests))
    }
}
