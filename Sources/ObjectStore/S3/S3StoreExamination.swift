internal import Curl

extension S3Store: ExaminedStore {
    package var bucket: StoreBucket? { StoreBucket(name: location.bucket, prefix: location.prefix) }

    /// The request is signed, but what the answer says of it does not matter here.
    package func reach() throws(StoreError) -> StoreReach {
        let answer = try send(listRequest(prefix: location.prefix, limit: 1, token: nil))
        let theirs = answer.head["date"].flatMap { Self.unixSeconds(httpDate: $0) }
        let tls = location.endpoint.scheme == "https" ? "its certificate is valid" : "without TLS, on this machine"
        return StoreReach(
            description: "\(location.endpoint) answers (HTTP status \(answer.status)), \(tls)",
            clockAhead: theirs.map { $0 - settings.unixSeconds() })
    }

    package func delete(_ key: ObjectKey) throws(StoreError) {
        let answer = try send(S3Request(method: "DELETE", key: try wireKey(key)))
        guard answer.isSuccess || answer.status == 404 else { throw failure(answer, "delete \(key)") }
    }

    package func unfinishedUploads(prefix: String) throws(StoreError) -> [UnfinishedUpload] {
        var found: [UnfinishedUpload] = []
        var tally = ListingTally(settings.listing)
        var markers: [(name: String, value: String)] = []
        while true {
            let request = S3Request(
                method: "GET", query: [("uploads", ""), ("prefix", location.prefix + prefix)] + markers)
            let page = try page(of: "ListMultipartUploadsResult", "list the unfinished uploads") { request }
            for upload in page.all("Upload").compactMap(unfinished) {
                try tally.add(bytes: upload.name.utf8.count)
                found.append(upload)
            }
            guard page["IsTruncated"] == "true" else { return found }
            let next = [("key-marker", page["NextKeyMarker"]), ("upload-id-marker", page["NextUploadIdMarker"])]
                .compactMap { name, value in value.map { (name: name, value: $0) } }
            try tally.turnPage(next.map(\.value).joined(separator: " "))
            markers = next
        }
    }

    private func unfinished(_ element: XMLElement) -> UnfinishedUpload? {
        guard let name = element["Key"], name.hasPrefix(location.prefix) else { return nil }
        return UnfinishedUpload(
            name: String(name.dropFirst(location.prefix.count)), id: element["UploadId"],
            begunAt: element["Initiated"].flatMap { SignatureTime.unixSeconds(iso8601: $0) })
    }
}
