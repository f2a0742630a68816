internal import Curl
internal import Digest
internal import DurableFiles
internal import Sodium
internal import Synchronization
internal import SystemPackage
internal import Threads

/// Brings a file up in parts.
///
/// One thread reads the file from its beginning to its end and hashes each part and the whole; others send the parts
/// that it has hashed. Parts that an interrupted upload left in the store are kept where they are these bytes. Only when
/// the whole has the announced hash is the upload completed, so a file that is not what it should be never becomes an
/// object.
struct MultipartUpload {
    private let store: S3Store
    private let key: ObjectKey
    private let descriptor: FileDescriptor
    private let path: FilePath
    private let plan: PartPlan
    private let sha256: SHA256Digest
    private let condition: PutCondition
    private let counter: TransferCounter

    init(
        _ store: S3Store, _ key: ObjectKey, _ descriptor: FileDescriptor, _ path: FilePath, _ plan: PartPlan,
        sha256: SHA256Digest, _ condition: PutCondition, _ counter: TransferCounter
    ) {
        self.store = store
        self.key = key
        self.descriptor = descriptor
        self.path = path
        self.plan = plan
        self.sha256 = sha256
        self.condition = condition
        self.counter = counter
    }

    func run() throws(StoreError) -> ObjectInfo {
        let uploads = MultipartUploads(store, try store.wireKey(key))
        let (id, kept) = try uploads.resumeOrBegin(plan, sha256)
        let sent = try sendParts(uploads, id, keeping: kept)
        guard let sent else {
            try uploads.abort(id)
            throw .corrupt("\(path) does not have the announced SHA-256 \(sha256)")
        }
        return try complete(uploads, id, sent)
    }

    // MARK: Parts

    /// - Returns: every part, in order; nil where the file is not what was announced.
    private func sendParts(
        _ uploads: MultipartUploads, _ id: String, keeping kept: [Int: ETag]
    ) throws(StoreError) -> [UploadedPart]? {
        let queue = PartQueue(room: store.settings.partsInFlight)
        // More of them than cores: they wait on the network.
        var threads = OwnThreads()
        for _ in 0..<store.settings.partsInFlight {
            let isStarted = threads.start {
                while let part = queue.next() {
                    do throws(StoreError) {
                        queue.done(try send(uploads, id, part))
                    } catch {
                        queue.fail(error)
                    }
                }
            }
            precondition(isStarted, "no thread could be started")
        }
        let isRight: Bool
        do throws(StoreError) {
            isRight = try hashParts(into: queue, keeping: kept)
        } catch {
            queue.fail(error)
            threads.join()
            throw error
        }
        queue.close()
        threads.join()
        let sent = try queue.result()
        return isRight ? sent : nil
    }

    /// - Returns: whether the whole file has the announced hash.
    private func hashParts(into queue: PartQueue, keeping kept: [Int: ETag]) throws(StoreError) -> Bool {
        var whole = SHA256()
        var one = SHA256()
        for number in 1...plan.count {
            let range = plan.range(of: number)
            // Hashed for the comparison with what is there; for other parts it would only cost time.
            var md5: MD5? = kept[number]?.md5 == nil ? nil : MD5()
            try readStretch(descriptor, range, path) { piece in
                whole.update(piece)
                one.update(piece)
                md5?.update(piece)
            }
            let digest = one.finish()
            let part = UploadedPart(number: number, sha256: digest, etag: kept[number] ?? ETag(""))
            if let hash = md5.take()?.finish(), hash == part.etag.md5 {
                counter.skip(Int64(range.count))
                queue.done(part)
            } else if !queue.add(part) {
                return true
            }
        }
        return whole.finish() == sha256
    }

    private func send(
        _ uploads: MultipartUploads, _ id: String, _ part: UploadedPart
    ) throws(StoreError) -> UploadedPart {
        let range = plan.range(of: part.number)
        let slice = FileSlice(
            descriptor: descriptor, offset: range.lowerBound, count: Int64(range.count), counter: counter)
        let content = ObjectContent(
            sha256: part.sha256, size: Int64(range.count),
            md5: { () throws(StoreError) in try md5(of: descriptor, range, path) })
        let request = uploads.partRequest(id, part.number, .file(slice, part.sha256))
        for _ in 1...3 {
            let answer = try store.sendChecked(request, content)
            guard answer.isSuccess, let etag = answer.head["etag"] else {
                throw store.failure(answer, "store part \(part.number) of \(key)")
            }
            if try content.isConfirmed(by: answer) {
                return UploadedPart(number: part.number, sha256: part.sha256, etag: S3Store.strong(etag))
            }
            counter.add(-Int64(range.count))
        }
        throw .refused(
            "the store keeps other bytes for part \(part.number) of \(key) than were sent",
            hint: "try again; if it stays so, the network or the store damages what is sent")
    }

    // MARK: End

    private func complete(
        _ uploads: MultipartUploads, _ id: String, _ parts: [UploadedPart]
    ) throws(StoreError) -> ObjectInfo {
        let answer = try store.send(
            uploads.completeRequest(id, parts, condition, withHashes: store.knowsChecksums.load(ordering: .relaxed)))
        let refused = S3Store.isRefusedCondition(answer, condition)
        if refused || answer.code == "NoSuchUpload" {
            if answer.followsUnclearAttempt, let there = try store.head(key), isThere(there, parts) { return there }
            if refused {
                try uploads.abort(id)
                throw S3Store.conditionFailed(key, condition)
            }
        }
        try store.demandConditions(answer, condition)
        // An error may also come with status 200, when the store had begun to answer before it knew.
        guard answer.isSuccess, answer.code == nil else { throw store.failure(answer, "complete \(key)") }
        guard let there = try store.head(key) else { throw .refused("\(key) is not there after its upload") }
        guard isThere(there, parts) else {
            throw .refused("the store keeps something else for \(key) than was sent")
        }
        return there
    }

    /// Whether an object is this file, put together from these parts.
    private func isThere(_ info: ObjectInfo, _ parts: [UploadedPart]) -> Bool {
        guard info.size == plan.size, info.sha256 == sha256 else { return false }
        let md5s = parts.compactMap(\.etag.md5)
        guard md5s.count == parts.count, info.etag.text.contains("-") else { return true }
        return info.etag == ETag(ofParts: md5s)
    }
}

/// A part, before it is sent (with an empty ETag) and after.
struct UploadedPart: Sendable {
    let number: Int
    let sha256: SHA256Digest
    let etag: ETag
}
