internal import Curl
internal import Digest

/// A request of S3's interface, before it is signed.
struct S3Request {
    let method: String
    /// With the location's prefix; nil for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var body: S3Body = .none
}

/// What is sent along. The hash is of just these bytes.
enum S3Body {
    case none
    case bytes([UInt8], SHA256Digest)
    case file(FileSlice, SHA256Digest)

    var sha256: String {
        switch self {
        case .none: SignatureV4.Request.emptyPayloadHash
        case .bytes(_, let digest), .file(_, let digest): digest.hex
        }
    }
}

/// A whole answer, whatever its status.
struct S3Answer {
    let head: HTTPHead
    let body: [UInt8]
    /// An earlier attempt at the same request may have taken effect, though nobody heard of it.
    var followsUnclearAttempt = false

    var status: Int { head.status }
    var isSuccess: Bool { 200..<300 ~= status }

    /// The element `Code` of an error.
    var code: String? { errorElement?["Code"] }
    var errorElement: XMLElement? {
        XMLElement(parsing: body).flatMap { $0.name == "Error" ? $0 : nil }
    }
}

/// A request that got no answer.
struct TransferError: Error {
    let error: StoreError
    /// Whether the same request may succeed a little later.
    let mayHeal: Bool
    /// Whether the request may have taken effect.
    let isUnclear: Bool
}

/// Sends requests to one bucket. From any thread.
protocol S3Transport: Sendable {
    /// - Parameter sink: takes the body of a 2xx answer.
    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer
}
