internal import Curl
internal import Digest
internal import Sodium
internal import Synchronization

/// The requests of multipart uploads for one key, and what is there of earlier ones.
struct MultipartUploads {
    /// How many earlier uploads of one key are looked at.
    private static let most = 32

    private let store: S3Store
    private let wireKey: String

    init(_ store: S3Store, _ wireKey: String) {
        self.store = store
        self.wireKey = wireKey
    }

    /// The upload to continue with and the parts it has: the one with the most that fit the plan, or a new one. All
    /// others of this key are aborted: nobody will complete them, and they are paid for.
    func resumeOrBegin(
        _ plan: PartPlan, _ sha256: SHA256Digest
    ) throws(StoreError) -> (id: String, parts: [Int: ETag]) {
        var best: (id: String, parts: [Int: ETag])?
        for id in try identifiers() {
            let parts = try parts(id, plan)
            if let parts, !parts.isEmpty, parts.count > best?.parts.count ?? 0 {
                if let worse = best { try abort(worse.id) }
                best = (id, parts)
            } else {
                try abort(id)
            }
        }
        if let best { return best }
        return (try begin(sha256), [:])
    }

    private func begin(_ sha256: SHA256Digest) throws(StoreError) -> String {
        var request = S3Request(method: "POST", key: wireKey, query: [("uploads", "")])
        request.headers = [(S3Store.hashName, sha256.hex)]
        var answer: S3Answer
        if store.knowsChecksums.load(ordering: .relaxed) {
            var checked = request
            checked.headers.append(("x-amz-checksum-algorithm", "SHA256"))
            answer = try store.send(checked)
            if answer.status == 501 {
                store.knowsChecksums.store(false, ordering: .relaxed)
                answer = try store.send(request)
            }
        } else {
            answer = try store.send(request)
        }
        guard answer.isSuccess, let id = XMLElement(parsing: answer.body)?["UploadId"], !id.isEmpty else {
            throw store.failure(answer, "begin an upload")
        }
        return id
    }

    /// A store that cannot list uploads has none that could be continued.
    private func identifiers() throws(StoreError) -> [String] {
        let request = S3Request(method: "GET", query: [("uploads", ""), ("prefix", wireKey)])
        let answer = try store.send(request)
        guard answer.isSuccess, let page = XMLElement(parsing: answer.body) else { return [] }
        return Array(page.all("Upload").filter { $0["Key"] == wireKey }.compactMap { $0["UploadId"] }.prefix(Self.most))
    }

    /// The parts of an upload; nil where one of them has another size than planned: it is another plan's upload.
    private func parts(_ id: String, _ plan: PartPlan) throws(StoreError) -> [Int: ETag]? {
        var found: [Int: ETag] = [:]
        var marker: Int?
        repeat {
            var request = S3Request(method: "GET", key: wireKey, query: [("uploadId", id)])
            if let marker { request.query.append(("part-number-marker", "\(marker)")) }
            let answer = try store.send(request)
            guard answer.isSuccess, let page = XMLElement(parsing: answer.body) else { return nil }
            for part in page.all("Part") {
                guard let number = part["PartNumber"].flatMap({ Int($0) }), 1...plan.count ~= number,
                    let size = part["Size"].flatMap({ Int($0) }), size == plan.range(of: number).count,
                    let etag = part["ETag"]
                else { return nil }
                found[number] = S3Store.strong(etag)
            }
            let next = page["IsTruncated"] == "true" ? page["NextPartNumberMarker"].flatMap { Int($0) } : nil
            // Parts have numbers: a listing that continues always comes to its end.
            if let next, next <= marker ?? 0 || next > plan.count { return nil }
            marker = next
        } while marker != nil
        return found
    }

    /// One that is gone already is as good as aborted.
    func abort(_ id: String) throws(StoreError) {
        let answer = try store.send(S3Request(method: "DELETE", key: wireKey, query: [("uploadId", id)]))
        guard answer.isSuccess || answer.status == 404 else { throw store.failure(answer, "abort an upload") }
    }

    func partRequest(_ id: String, _ number: Int, _ body: S3Body) -> S3Request {
        S3Request(
            method: "PUT", key: wireKey, query: [("partNumber", "\(number)"), ("uploadId", id)], body: body)
    }

    func completeRequest(
        _ id: String, _ parts: [UploadedPart], _ condition: PutCondition, withHashes: Bool
    ) -> S3Request {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for part in parts {
            text += "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(Self.escaped(part.etag.text))</ETag>"
            if withHashes { text += "<ChecksumSHA256>\(Base64.encode(part.sha256.bytes))</ChecksumSHA256>" }
            text += "</Part>"
        }
        text += "</CompleteMultipartUpload>"
        let bytes = Array(text.utf8)
        return S3Request(
            method: "POST", key: wireKey, query: [("uploadId", id)], headers: store.headers(condition),
            body: .bytes(bytes, SHA256.hash(bytes.span)))
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
    }
}
