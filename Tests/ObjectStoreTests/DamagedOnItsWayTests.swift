import Digest
import ScratchSpace
import SystemPackage
import Testing

@testable import Curl
@testable import ObjectStore

private func md5ETag(_ bytes: [UInt8]) -> String { "\"\(hexadecimal(MD5.hash(bytes.span)))\"" }

/// A server with one object that checks no hash: the first body to arrive has a flipped bit, and its answer is lost.
private final class CarelessServer: S3Transport, @unchecked Sendable {
    private(set) var stored: [UInt8]?
    private(set) var puts = 0
    private var claimed = ""

    private var etag: String { md5ETag(stored ?? []) }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        if request.method == "HEAD" {
            guard let stored else { return answer(404) }
            return answer(200, ["content-length": "\(stored.count)", "etag": etag, S3Store.hashName: claimed])
        }
        for (name, value) in request.headers {
            if name == "If-None-Match", stored != nil { return answer(412) }
            if name == "If-Match", stored == nil || value != etag { return answer(412) }
        }
        guard case .bytes(var bytes, _) = request.body else { return answer(400) }
        puts += 1
        if puts == 1 { bytes[0] ^= 1 }
        stored = bytes
        claimed = request.headers.first { $0.name == S3Store.hashName }?.value ?? ""
        if puts == 1 {
            throw TransferError(error: StoreError(.unreachable, "lost on the way"), mayHeal: true, isUnclear: true)
        }
        return answer(200, ["etag": etag])
    }

    private func answer(_ status: Int, _ fields: [String: String] = [:]) -> S3Answer {
        S3Answer(head: HTTPHead(status: status, fields: fields), body: [])
    }
}

@Suite("What arrived damaged")
struct DamagedOnItsWayTests {
    @Test("A first attempt that was stored damaged, and whose answer was lost, is replaced by the second")
    func replaced() throws {
        let server = CarelessServer()
        let location = try S3Location(url: "s3://bucket?endpoint=https://store.example")
        let store = S3Store(location, S3Settings(), server)
        let info = try store.put(ObjectKey("a"), bytes: [1, 2, 3], if: .ifAbsent)
        #expect(server.stored == [1, 2, 3])
        #expect(server.puts == 2)
        #expect(info.etag.text == md5ETag([1, 2, 3]))
    }

    @Test("An object that only claims to be a file is kept apart from one that is", arguments: [false, true])
    func contradicted(isDamaged: Bool) throws {
        let scratch = try ScratchDirectory()
        let file = scratch.path.appending("file")
        try plant(file, [1, 2, 3])
        let bytes: [UInt8] = [1, 2, 3]
        let info = ObjectInfo(
            key: try ObjectKey("a"), size: 3, etag: ETag(md5ETag(isDamaged ? [1, 2, 2] : bytes)),
            sha256: SHA256.hash(bytes.span))
        #expect(try info.isContradicted(by: file) == isDamaged)
    }
}
