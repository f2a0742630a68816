import Digest
import DurableFiles
import ObjectStore
import SystemPackage

/// A directory's store that is also a bucket with faults to choose.
final class ExaminableStore: ExaminedStore, @unchecked Sendable {
    enum Call { case reach, list, put, read, delete }

    private let base: any ExaminedStore
    var bucket: StoreBucket? = StoreBucket(name: "household", prefix: "backups/")
    var fails: [Call: StoreError] = [:]
    var clockAhead: Int? = 0
    var uploads: [UnfinishedUpload] = []
    /// Where nothing can be replaced or deleted.
    var locked: [String] = []
    var ignoresConditions = false
    var damagesWhatItReads = false
    var onlyPretendsToDelete = false

    init(_ bucket: Bucket) throws {
        base = try ObjectStores.examine(url: bucket.store.url)
    }

    var url: String { base.url }

    func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) { try base.read(key, part: range, of: known) }

    var traffic: StoreTraffic { base.traffic }

    private func attempt(_ call: Call) throws(StoreError) {
        if let error = fails[call] { throw error }
    }

    private func demandUnlocked(_ key: ObjectKey) throws(StoreError) {
        guard locked.contains(where: { key.text.hasPrefix($0) }), try base.head(key) != nil else { return }
        throw StoreError(.denied, "a bucket lock rule protects \(key)")
    }

    func reach() throws(StoreError) -> StoreReach {
        try attempt(.reach)
        return StoreReach(description: "it answers", clockAhead: clockAhead)
    }

    func list(prefix: String) throws(StoreError) -> [ObjectInfo] {
        try attempt(.list)
        return try base.list(prefix: prefix)
    }

    func head(_ key: ObjectKey) throws(StoreError) -> ObjectInfo? { try base.head(key) }

    func read(_ key: ObjectKey, limit: Int) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)? {
        try attempt(.read)
        let read = try base.read(key, limit: limit)
        return read.map { ($0.bytes.map { damagesWhatItReads ? $0 ^ 1 : $0 }, $0.info) }
    }

    func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile, progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        try base.get(key, range: offset, limit: limit, into: file, progress: progress)
    }

    func put(_ key: ObjectKey, bytes: [UInt8], if condition: PutCondition) throws(StoreError) -> ObjectInfo {
        try attempt(.put)
        try demandUnlocked(key)
        return try base.put(key, bytes: bytes, if: ignoresConditions ? .always : condition)
    }

    func put(
        _ key: ObjectKey, file: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        try base.put(key, file: file, sha256: sha256, size: size, if: condition, progress: progress)
    }

    func delete(_ key: ObjectKey) throws(StoreError) {
        try attempt(.delete)
        try demandUnlocked(key)
        if !onlyPretendsToDelete { try base.delete(key) }
    }

    func unfinishedUploads(prefix: String) throws(StoreError) -> [UnfinishedUpload] { uploads }
}
