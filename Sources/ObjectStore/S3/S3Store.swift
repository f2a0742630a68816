internal import Curl
internal import Digest
internal import DurableFiles
internal import Synchronization
internal import SystemPackage

/// A store in a bucket of S3's interface: Cloudflare R2, SeaweedFS and others.
///
/// - Every request is signed with the hash of its body; bodies also carry their SHA-256 for the store to check
///   (`x-amz-checksum-sha256`, or `Content-MD5` where it does not know that).
/// - Every object carries the SHA-256 of its content as metadata (`x-amz-meta-sha256`).
/// - The ETag is the store's: MD5 of the content, or of the parts' MD5s.
/// - Files larger than a part go up in parts of equal size, several at once. An upload that was cut off is found in
///   the store and continued; nothing about it is kept on this machine.
package final class S3Store: ObjectStore {
    static let hashName = "x-amz-meta-sha256"

    let location: S3Location
    let settings: S3Settings
    let transport: RetryingTransport
    let rateLimit: RateLimit?
    /// False once the store has refused `x-amz-checksum-…`.
    let knowsChecksums = Atomic(true)
    /// True once the store has shown that it takes an ETag in `If-Match` without its quotes only (`ObjectStore.canary`).
    let writesBareETags = Atomic(false)

    package var url: String { location.url }

    init(_ location: S3Location, _ settings: S3Settings, _ transport: any S3Transport) {
        self.location = location
        self.settings = settings
        self.transport = RetryingTransport(transport, RetryPolicy(attempts: settings.attempts))
        rateLimit = settings.rateLimit.map { RateLimit(bytesPerSecond: $0) }
    }

    /// Opens a store and asks for its bucket. `missing` where there is none, `denied` where the credentials are not
    /// accepted or may not list it.
    package static func open(_ location: S3Location, _ settings: S3Settings) throws(StoreError) -> S3Store {
        let store = try unasked(location, settings)
        try store.demandBucket()
        return store
    }

    /// Opens a store and asks it for nothing.
    static func unasked(_ location: S3Location, _ settings: S3Settings) throws(StoreError) -> S3Store {
        try S3Store(location, settings, CurlTransport(location, credentials(settings), settings))
    }

    /// Makes the bucket where there is none.
    package static func create(_ location: S3Location, _ settings: S3Settings) throws(StoreError) -> S3Store {
        let store = try unasked(location, settings)
        do {
            try store.demandBucket()
        } catch {
            guard error.kind == .missing else { throw error }
            let answer = try store.send(S3Request(method: "PUT"))
            guard answer.isSuccess || answer.code == "BucketAlreadyOwnedByYou" else {
                throw store.failure(answer, "make the bucket \(location.bucket)")
            }
        }
        return store
    }

    private static func credentials(_ settings: S3Settings) throws(StoreError) -> S3Credentials {
        if let file = settings.credentials { return try S3Credentials(file: file) }
        return try S3Credentials()
    }

    /// A listing of at most one key: it shows reach, credentials and the right to list in one request, and unlike
    /// a HEAD it says what is wrong.
    private func demandBucket() throws(StoreError) {
        _ = try page(of: "ListBucketResult", "list the bucket \(location.bucket)") {
            listRequest(prefix: location.prefix, limit: 1, token: nil)
        }
    }

    /// An answer in XML. One that cannot be read may have been damaged on its way: it is asked for again before anything
    /// is said of the store.
    func page(
        of name: String, _ doing: String, _ request: () -> S3Request
    ) throws(StoreError) -> XMLElement {
        var isXML = false
        for attempt in 1...3 {
            let answer = try send(request())
            guard answer.isSuccess else { throw failure(answer, doing) }
            let page = XMLElement(parsing: answer.body)
            if let page, page.name == name, page.isWhole { return page }
            isXML = isXML || page != nil || answer.body.starts(with: Array("<?xml".utf8))
            if attempt < 3 { transport.wait(attempt, retryAfter: nil) }
        }
        if isXML {
            throw .refused(
                "the store's answer to \(doing) cannot be read, three times in a row",
                hint: "run it again; if it stays so, the network damages what arrives, or it is not an S3 store")
        }
        throw .refused(
            "what answers at \(location.endpoint) is not an S3 store", hint: "check S3_ENDPOINT and S3_STYLE")
    }

    func send(_ request: S3Request, into sink: (any S3Sink)? = nil) throws(StoreError) -> S3Answer {
        do {
            return try transport.send(request, into: sink)
        } catch {
            throw error.error
        }
    }

    func wireKey(_ key: ObjectKey) throws(StoreError) -> String {
        let text = location.prefix + key.text
        if text.utf8.count > ObjectKey.maximumLength {
            throw .invalid("object key \(text.prefix(100))… with the store's prefix is longer than 1,024 bytes")
        }
        return text
    }

    /// What an answer's head says of an object; nil where it leaves out what every store says.
    func info(_ key: ObjectKey, _ head: HTTPHead, size: Int64) throws(StoreError) -> ObjectInfo {
        guard let etag = head["etag"] else { throw .refused("the store gives no ETag for \(key)") }
        return ObjectInfo(
            key: key, size: size, etag: Self.strong(etag), sha256: head[Self.hashName].flatMap { SHA256Digest(hex: $0) }
        )
    }

    /// In quotes and without the mark of a weak one, as which some proxies pass it on.
    static func strong(_ text: String) -> ETag {
        let bare = (text.hasPrefix("W/") ? text.dropFirst(2) : text[...]).filter { $0 != "\"" }
        return ETag("\"\(bare)\"")
    }
}
