internal import Curl
package import Digest
internal import DurableFiles
internal import Sodium
internal import Synchronization
package import SystemPackage

extension S3Store {
    package func put(
        _ key: ObjectKey, bytes: [UInt8], if condition: PutCondition
    ) throws(StoreError) -> ObjectInfo {
        let content = ObjectContent(
            sha256: SHA256.hash(bytes.span), size: Int64(bytes.count), md5: { MD5.hash(bytes.span) })
        return try putWhole(key, .bytes(bytes, content.sha256), content, condition)
    }

    package func put(
        _ key: ObjectKey, file path: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        let plan = try PartPlan(size: size, wanted: settings.partSize)
        let file = try openSource(path, size: size)
        try refuseEarly(key, condition)
        let counter = TransferCounter(progress, rateLimit)
        if plan.count > 1 {
            return try MultipartUpload(
                self, key, file.descriptor, path, plan, sha256: sha256, condition, counter
            ).run()
        }
        let read = try readHashing(file, limit: size) { _ in }
        guard read.count == size, read.sha256 == sha256 else {
            throw .corrupt("\(path) has SHA-256 \(read.sha256), announced was \(sha256)")
        }
        let descriptor = file.descriptor
        let slice = FileSlice(descriptor: descriptor, offset: 0, count: size, counter: counter)
        let content = ObjectContent(
            sha256: sha256, size: size, md5: { () throws(StoreError) in try md5(of: descriptor, 0..<size, path) })
        let info = try putWhole(key, .file(slice, sha256), content, condition)
        if size == 0 { progress?(0) }
        return info
    }

    private func openSource(_ path: FilePath, size: Int64) throws(StoreError) -> OpenFile {
        do throws(FileFailure) {
            let file = try OpenFile(regular: path, .readOnly, followsLinks: true)
            if try file.size() == size { return file }
        } catch {
            throw .invalid(error.description)
        }
        throw .corrupt("\(path) does not have the announced \(size) bytes")
    }

    /// Saves the uploading where the end is known already. What counts is the condition at the end.
    private func refuseEarly(_ key: ObjectKey, _ condition: PutCondition) throws(StoreError) {
        if condition == .always { return }
        let there = try head(key)
        switch condition {
        case .ifAbsent where there != nil: throw Self.conditionFailed(key, condition)
        case .ifMatches(let etag) where there?.etag != etag: throw Self.conditionFailed(key, condition)
        default: return
        }
    }

    /// One PUT, made sure of.
    func putWhole(
        _ key: ObjectKey, _ body: S3Body, _ content: ObjectContent, _ condition: PutCondition
    ) throws(StoreError) -> ObjectInfo {
        var condition = condition
        for _ in 1...3 {
            let answer = try sendChecked(
                S3Request(
                    method: "PUT", key: try wireKey(key),
                    headers: [(Self.hashName, content.sha256.hex)] + headers(condition), body: body),
                content)
            if Self.isRefusedCondition(answer, condition) {
                if answer.followsUnclearAttempt, let there = try head(key) {
                    if try content.isThere(there) { return there }
                    // An attempt of ours has arrived, and not as it was sent.
                    if there.sha256 == content.sha256 {
                        condition = .ifMatches(there.etag)
                        continue
                    }
                }
                throw Self.conditionFailed(key, condition)
            }
            try demandConditions(answer, condition)
            guard answer.isSuccess else { throw failure(answer, "store \(key)") }
            let info = try info(key, answer.head, size: content.size)
            let stored = ObjectInfo(key: key, size: content.size, etag: info.etag, sha256: content.sha256)
            if try content.isConfirmed(by: answer) { return stored }
            // The store took other bytes than were sent. Ours replace them, and nobody else's.
            condition = .ifMatches(info.etag)
        }
        throw .refused(
            "the store \(location.endpoint) keeps other bytes for \(key) than were sent",
            hint: "try again; if it stays so, the network or the store damages what is sent")
    }

    /// Sends a body with its hash for the store to check.
    func sendChecked(_ request: S3Request, _ content: ObjectContent) throws(StoreError) -> S3Answer {
        if knowsChecksums.load(ordering: .relaxed) {
            var request = request
            request.headers.append(("x-amz-checksum-sha256", Base64.encode(content.sha256.bytes)))
            let answer = try send(request)
            guard answer.status == 501 else { return answer }
            knowsChecksums.store(false, ordering: .relaxed)
        }
        var request = request
        request.headers.append(("Content-MD5", Base64.encode(try content.md5())))
        return try send(request)
    }

    func headers(_ condition: PutCondition) -> [(name: String, value: String)] {
        switch condition {
        case .always: []
        case .ifAbsent: [("If-None-Match", "*")]
        case .ifMatches(let etag):
            [("If-Match", writesBareETags.load(ordering: .relaxed) ? etag.text.filter { $0 != "\"" } : etag.text)]
        }
    }

    package func writeBareETags(_ isBare: Bool) -> Bool {
        writesBareETags.store(isBare, ordering: .relaxed)
        return true
    }

    /// Some stores say 404 to `If-Match` where there is no object.
    static func isRefusedCondition(_ answer: S3Answer, _ condition: PutCondition) -> Bool {
        guard condition != .always else { return false }
        return answer.status == 412 || answer.code == "ConditionalRequestConflict"
            || (condition != .ifAbsent && answer.code == "NoSuchKey")
    }

    static func conditionFailed(_ key: ObjectKey, _ condition: PutCondition) -> StoreError {
        condition == .ifAbsent
            ? .conditionFailed("object \(key) exists already")
            : .conditionFailed("object \(key) to be replaced is not there any more, or another one")
    }
}

/// What is to be stored, as far as it can be recognised in answers.
struct ObjectContent {
    let sha256: SHA256Digest
    let size: Int64
    /// Costs as much as reading the content, so it is asked for only where nothing else tells.
    let md5: () throws(StoreError) -> [UInt8]

    /// Whether the store received just this: by the hash it computed itself, else by the MD5 in its ETag. A store that
    /// gives neither cannot be asked.
    func isConfirmed(by answer: S3Answer) throws(StoreError) -> Bool {
        if let checksum = answer.head["x-amz-checksum-sha256"] { return checksum == Base64.encode(sha256.bytes) }
        guard let stored = answer.head["etag"].flatMap({ S3Store.strong($0).md5 }) else { return true }
        return try stored == md5()
    }

    /// Whether an object is this, stored by an attempt of which the answer was lost.
    func isThere(_ info: ObjectInfo) throws(StoreError) -> Bool {
        guard info.size == size, info.sha256 == sha256 else { return false }
        guard let stored = info.etag.md5 else { return true }
        return try stored == md5()
    }
}

/// The MD5 of a stretch of a file.
func md5(of descriptor: FileDescriptor, _ range: Range<Int64>, _ path: FilePath) throws(StoreError) -> [UInt8] {
    var hasher = MD5()
    try readStretch(descriptor, range, path) { piece in hasher.update(piece) }
    return hasher.finish()
}

/// Gives a stretch of a file away in pieces; `corrupt` where the file ends before it.
func readStretch(
    _ descriptor: FileDescriptor, _ range: Range<Int64>, _ path: FilePath, _ take: (Span<UInt8>) -> Void
) throws(StoreError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var position = range.lowerBound
    while position < range.upperBound {
        let wanted = Int(min(Int64(buffer.count), range.upperBound - position))
        let got = try storing { () throws(FileFailure) in
            try attempt("read", path) {
                try unsafe buffer.withUnsafeMutableBytes { bytes in
                    try unsafe descriptor.read(
                        fromAbsoluteOffset: position, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]))
                }
            }
        }
        guard got > 0 else { throw .corrupt("\(path) became shorter while it was read") }
        take(buffer.span.extracting(..<got))
        position += Int64(got)
    }
}
