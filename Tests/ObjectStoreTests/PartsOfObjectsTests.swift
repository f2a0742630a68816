import Testing

@testable import Curl
@testable import ObjectStore

/// A server with one object, whose answers are cut, or wrong in their heads.
private final class CuttingServer: S3Transport, @unchecked Sendable {
    private let bytes: [UInt8]
    private(set) var ranges: [String] = []
    private(set) var conditions: [String?] = []
    /// Bytes of each answer that arrive before the connection is lost; nil for all.
    var arriving: Int?
    var status = 206
    var head: (_ first: Int, _ last: Int, _ size: Int) -> String = { "bytes \($0)-\($1)/\($2)" }
    var etag: (Int) -> String = { _ in "\"e\"" }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        let text = request.headers.first { $0.name == "Range" }?.value ?? ""
        ranges.append(text)
        conditions.append(request.headers.first { $0.name == "If-Match" }?.value)
        let numbers = text.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        let part = bytes[numbers[0]...min(numbers[1], bytes.count - 1)]
        let answer = HTTPHead(
            status: status,
            fields: ["content-range": head(numbers[0], part.endIndex - 1, bytes.count), "etag": etag(ranges.count)])
        let lost = TransferError(error: StoreError(.unreachable, "lost"), mayHeal: true, isUnclear: false)
        guard let sink, sink.begin(answer) else { throw lost }
        let arrives = Array(part.prefix(arriving ?? part.count))
        guard sink.write(arrives.span) else { throw lost }
        if arrives.count < part.count { throw lost }
        return S3Answer(head: answer, body: [])
    }
}

@Suite("Parts of an object in a bucket")
struct PartsOfObjectsTests {
    private let bytes = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 >> 3) }

    private func store(_ server: CuttingServer) throws -> S3Store {
        var settings = S3Settings()
        settings.attempts = 3
        return S3Store(try S3Location(url: "s3://bucket?endpoint=https://store.example"), settings, server)
    }

    @Test("one that breaks off continues where it stopped, of the same object")
    func continued() throws {
        // given
        let server = CuttingServer(bytes)
        server.arriving = 100_000
        let store = try store(server)
        // when
        let (found, info) = try store.read(ObjectKey("a"), part: 50_000..<350_000, of: nil)
        // then
        #expect(found == Array(bytes[50_000..<350_000]))
        #expect(info.size == 400_000)
        #expect(server.ranges == ["bytes=50000-349999", "bytes=150000-349999", "bytes=250000-349999"])
        #expect(server.conditions == [nil, "\"e\"", "\"e\""])
        #expect(store.traffic == StoreTraffic(requests: 3, bytes: 300_000))
    }

    @Test("one that gets nowhere is given up")
    func givenUp() throws {
        let server = CuttingServer(bytes)
        server.arriving = 10
        let error = #expect(throws: StoreError.self) {
            try store(server).read(ObjectKey("a"), part: 0..<300_000, of: nil)
        }
        #expect(error?.kind == .unreachable)
        #expect(server.ranges.count == 3)
    }

    @Test("an answer that is of another range, or of all of it, is not taken", arguments: 0..<5)
    func otherRange(number: Int) throws {
        let server = CuttingServer(bytes)
        switch number {
        case 0: server.status = 200
        case 1: server.head = { "bytes \($0 + 1)-\($1)/\($2)" }
        case 2: server.head = { "bytes \($0)-\($1 - 1)/\($2)" }
        case 3: server.head = { first, last, _ in "bytes \(first)-\(last)/*" }
        default: server.head = { _, _, _ in "" }
        }
        let error = #expect(throws: StoreError.self) { try store(server).read(ObjectKey("a"), part: 0..<100, of: nil) }
        #expect(error?.kind == (number == 2 ? .invalid : .refused))
    }

    @Test("another object in its place is seen, whatever the server makes of the condition")
    func replaced() throws {
        let server = CuttingServer(bytes)
        server.arriving = 100_000
        server.etag = { "\"\($0)\"" }
        let error = #expect(throws: StoreError.self) {
            try store(server).read(ObjectKey("a"), part: 0..<300_000, of: nil)
        }
        #expect(error?.kind == .corrupt)
    }
}
