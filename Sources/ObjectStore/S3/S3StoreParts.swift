internal import Curl

extension S3Store {
    package var traffic: StoreTraffic { transport.traffic }
    package var writesOfKeyApart: Int { 1_100 }

    /// Bytes of a connection that got somewhere before it was lost.
    private static var leastPart: Int { 64 << 10 }

    package func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) {
        guard range.lowerBound >= 0, !range.isEmpty else { throw .invalid("an empty part of \(key) was asked for") }
        var bytes: [UInt8] = []
        var found = known
        var failed = 0
        var isMissing = false
        while true {
            let rest = range.lowerBound + Int64(bytes.count)..<range.upperBound
            let sink = PartSink(limit: rest.count) { [known = found] head throws(StoreError) in
                found = try self.arriving(key, head, rest, known)
            }
            do throws(TransferError) {
                let answer = try transport.send(try request(key, rest, of: found), into: sink)
                if answer.status == 404, !isMissing {
                    isMissing = true
                    continue
                }
                guard answer.isSuccess else {
                    throw TransferError(error: refusal(answer, key, rest), mayHeal: false, isUnclear: false)
                }
                if sink.received < rest.count {
                    let error = StoreError.unreachable("the store sends less of \(key) than it announces")
                    throw TransferError(error: error, mayHeal: true, isUnclear: false)
                }
                bytes += sink.bytes
            } catch {
                if let failure = sink.failure { throw failure }
                failed = sink.received >= Self.leastPart ? 1 : failed + 1
                guard error.mayHeal, failed < settings.attempts else { throw error.error }
                bytes += sink.bytes
                if bytes.count < range.count { transport.wait(failed, retryAfter: nil) }
            }
            if bytes.count == range.count, let found { return (bytes, found) }
        }
    }

    private func request(
        _ key: ObjectKey, _ range: Range<Int64>, of known: ObjectInfo?
    ) throws(TransferError) -> S3Request {
        do throws(StoreError) {
            var request = S3Request(method: "GET", key: try wireKey(key))
            request.headers.append(("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"))
            if let known { request.headers.append(("If-Match", known.etag.text)) }
            return request
        } catch {
            throw TransferError(error: error, mayHeal: false, isUnclear: false)
        }
    }

    /// Judges the head of an answer before its bytes are kept (RFC 9110, 14.4: `bytes 0-99/1234`).
    private func arriving(
        _ key: ObjectKey, _ head: HTTPHead, _ range: Range<Int64>, _ known: ObjectInfo?
    ) throws(StoreError) -> ObjectInfo {
        let words = (head["content-range"] ?? "").split(separator: " ")
        let numbers = (words.last ?? "").split(whereSeparator: { $0 == "-" || $0 == "/" }).map { Int64($0) }
        guard head.status == 206, words.count == 2, words[0] == "bytes", numbers.count == 3, let size = numbers[2],
            numbers[0] == range.lowerBound
        else { throw .refused("the store cannot give a part of \(key)") }
        guard numbers[1] == range.upperBound - 1, size >= range.upperBound else {
            throw .invalid("object \(key) has \(size) bytes, fewer than \(range.upperBound)")
        }
        let arriving = try info(key, head, size: size)
        if let known, known.size != arriving.size || known.etag != arriving.etag {
            throw .corrupt("object \(key) changed while it was read")
        }
        return known ?? arriving
    }

    private func refusal(_ answer: S3Answer, _ key: ObjectKey, _ range: Range<Int64>) -> StoreError {
        switch answer.status {
        case 404: .missing("there is no object \(key)")
        case 412: .corrupt("object \(key) changed while it was read")
        case 416: .invalid("object \(key) has fewer than \(range.upperBound) bytes")
        default: failure(answer, "read \(key)")
        }
    }
}
