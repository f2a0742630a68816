internal import Curl
internal import Digest
package import DurableFiles

extension S3Store {
    package func head(_ key: ObjectKey) throws(StoreError) -> ObjectInfo? {
        let answer = try send(S3Request(method: "HEAD", key: try wireKey(key)))
        if answer.status == 404 { return nil }
        guard answer.isSuccess else { throw failure(answer, "look at \(key)") }
        guard let size = answer.head["content-length"].flatMap({ Int64($0) }), size >= 0 else {
            throw .refused("the store gives no size for \(key)")
        }
        return try info(key, answer.head, size: size)
    }

    package func read(_ key: ObjectKey, limit: Int) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)? {
        var attempt = 1
        while true {
            let sink = MemorySink(limit: limit)
            let answer: S3Answer
            do {
                answer = try transport.send(S3Request(method: "GET", key: try wireKey(key)), into: sink)
            } catch let error as TransferError {
                if sink.isTooLarge {
                    throw .invalid("object \(key) has more than the \(limit) bytes that are expected")
                }
                throw error.error
            } catch {
                throw error as? StoreError ?? .unreachable("\(error)")
            }
            if answer.status == 404 { return nil }
            guard answer.isSuccess else { throw failure(answer, "read \(key)") }
            let info = try info(key, answer.head, size: Int64(sink.bytes.count))
            if isRight(sink.bytes, info) { return (sink.bytes, info) }
            if attempt >= min(settings.attempts, 4) {
                throw .corrupt("object \(key) is not what was stored: its hash is another each time it is read")
            }
            transport.wait(attempt, retryAfter: nil)
            attempt += 1
        }
    }

    /// Against the hash that was stored with it, or else the ETag where that is an MD5.
    private func isRight(_ bytes: [UInt8], _ info: ObjectInfo) -> Bool {
        if let sha256 = info.sha256 { return SHA256.hash(bytes.span) == sha256 }
        guard let md5 = info.etag.md5 else { return true }
        return MD5.hash(bytes.span) == md5
    }

    private static var leastProgress: Int64 { 64 << 10 }

    /// A connection that is lost is made again and the transfer continues where it stopped, as long as the object is
    /// the same one.
    package func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile, progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        var found: ObjectInfo?
        if offset != 0 {
            guard let info = try head(key) else { throw .missing("there is no object \(key)") }
            try info.require(atMost: limit)
            guard 0...info.size ~= offset else {
                throw .invalid("object \(key) has \(info.size) bytes, none at \(offset)")
            }
            if offset == info.size {
                progress?(0)
                return info
            }
            found = info
        }
        let counter = TransferCounter(progress, rateLimit)
        var position = offset
        var failed = 0
        var isMissing = false
        while true {
            let sink = FileSink(file, counter) { [known = found, position] head throws(StoreError) in
                let info = try self.arriving(key, head, at: position, known)
                try info.require(atMost: limit)
                found = info
                return info.size - position
            }
            do throws(TransferError) {
                let answer = try transport.send(try request(key, from: position, of: found), into: sink)
                if answer.isSuccess { return try finished(key, answer, found) }
                // What is fetched should be there: it is asked for twice.
                if answer.status == 404, !isMissing {
                    isMissing = true
                    continue
                }
                throw TransferError(error: refusal(answer, key), mayHeal: false, isUnclear: false)
            } catch {
                if let failure = sink.failure { throw failure }
                // A connection that ends after every few bytes is not progress.
                failed = sink.written >= Self.leastProgress ? 1 : failed + 1
                guard error.mayHeal, failed < settings.attempts else { throw error.error }
                position += sink.written
                transport.wait(failed, retryAfter: nil)
            }
            // All of it had arrived: only the end of the answer was lost.
            if let found, position == found.size { return found }
        }
    }

    private func request(
        _ key: ObjectKey, from position: Int64, of known: ObjectInfo?
    ) throws(TransferError) -> S3Request {
        do throws(StoreError) {
            var request = S3Request(method: "GET", key: try wireKey(key))
            if position > 0 { request.headers.append(("Range", "bytes=\(position)-")) }
            if let known { request.headers.append(("If-Match", known.etag.text)) }
            return request
        } catch {
            throw TransferError(error: error, mayHeal: false, isUnclear: false)
        }
    }

    /// Judges the head of an answer before its bytes are written.
    private func arriving(
        _ key: ObjectKey, _ head: HTTPHead, at position: Int64, _ known: ObjectInfo?
    ) throws(StoreError) -> ObjectInfo {
        guard let length = head["content-length"].flatMap({ Int64($0) }) else {
            throw .refused("the store does not say how large \(key) is")
        }
        if position > 0 {
            let range = head["content-range"]?.split(separator: " ").last?.split(separator: "-").first
            guard head.status == 206, range.flatMap({ Int64($0) }) == position else {
                throw .refused("the store cannot give \(key) from byte \(position) on")
            }
        }
        let arriving = try info(key, head, size: position + length)
        if let known, known.size != arriving.size || known.etag != arriving.etag {
            throw .corrupt("object \(key) changed while it was read")
        }
        return known ?? arriving
    }

    /// The end of a transfer; an empty object has no byte that would have called the sink.
    private func finished(
        _ key: ObjectKey, _ answer: S3Answer, _ found: ObjectInfo?
    ) throws(TransferError) -> ObjectInfo {
        if let found { return found }
        do throws(StoreError) {
            return try info(key, answer.head, size: 0)
        } catch {
            throw TransferError(error: error, mayHeal: false, isUnclear: false)
        }
    }

    private func refusal(_ answer: S3Answer, _ key: ObjectKey) -> StoreError {
        switch answer.status {
        case 404: .missing("there is no object \(key)")
        case 412: .corrupt("object \(key) changed while it was read")
        default: failure(answer, "read \(key)")
        }
    }

    // MARK: Listing

    package func list(prefix: String) throws(StoreError) -> [ObjectInfo] {
        try ObjectKey.checkPrefix(prefix)
        var found: [ObjectInfo] = []
        var tally = ListingTally(settings.listing)
        var token: String?
        repeat {
            let page = try page(of: "ListBucketResult", "list \(prefix)") {
                listRequest(prefix: location.prefix + prefix, limit: 1_000, token: token)
            }
            for element in page.all("Contents") {
                guard let info = listed(element), info.key.text.hasPrefix(prefix) else { continue }
                try tally.add(info.key)
                found.append(info)
            }
            token = page["IsTruncated"] == "true" ? page["NextContinuationToken"] ?? "" : nil
            if let token { try tally.turnPage(token) }
        } while token != nil
        return found.sorted { $0.key < $1.key }
    }

    func listRequest(prefix: String, limit: Int, token: String?) -> S3Request {
        var request = S3Request(method: "GET")
        request.query = [("list-type", "2"), ("max-keys", "\(limit)"), ("prefix", prefix)]
        if let token { request.query.append(("continuation-token", token)) }
        return request
    }

    /// Names that can be no key of ours are passed over, as in a directory.
    private func listed(_ element: XMLElement) -> ObjectInfo? {
        guard let name = element["Key"], name.hasPrefix(location.prefix),
            let key = try? ObjectKey(String(name.dropFirst(location.prefix.count))),
            let size = element["Size"].flatMap({ Int64($0) }), let etag = element["ETag"]
        else { return nil }
        return ObjectInfo(key: key, size: size, etag: Self.strong(etag), sha256: nil)
    }
}
