import Digest
import DurableFiles
import ObjectStore
import SystemPackage

/// A store that does something else before it passes a `put` on, or after it.
final class WrappedStore: ObjectStore, @unchecked Sendable {
    private let base: any ObjectStore
    /// The `put`s so far.
    private(set) var puts: [ObjectKey] = []
    /// Other calls so far, and the `put`s of files among those above.
    private(set) var (lists, reads, heads, filePuts) = (0, 0, 0, 0)
    /// Called with the number of the `put`, from 1 on, and its key.
    var before: (Int, ObjectKey) throws(StoreError) -> Void = { _, _ in }
    var after: (Int, ObjectKey) throws(StoreError) -> Void = { _, _ in }
    var ignoresConditions = false
    /// A listing tells no hashes, as a bucket's.
    var hidesHashes = false

    /// What arrives of a listing and of an object, with the number of the call, from 1 on.
    var listed: (Int, [ObjectInfo]) -> [ObjectInfo] = { $1 }
    var answered: (Int, ObjectKey, [UInt8]) -> [UInt8]? = { $2 }

    init(_ base: any ObjectStore) {
        self.base = base
    }

    var url: String { base.url }

    func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) { try base.read(key, part: range, of: known) }

    var traffic: StoreTraffic { base.traffic }
    var writesOfKeyApart = 0

    func head(_ key: ObjectKey) throws(StoreError) -> ObjectInfo? {
        heads += 1
        return try base.head(key)
    }

    func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile, progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        try base.get(key, range: offset, limit: limit, into: file, progress: progress)
    }

    func read(_ key: ObjectKey, limit: Int) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)? {
        reads += 1
        guard let stored = try base.read(key, limit: limit) else { return nil }
        return answered(reads, key, stored.bytes).map { ($0, stored.info) }
    }

    func list(prefix: String) throws(StoreError) -> [ObjectInfo] {
        lists += 1
        return listed(lists, try base.list(prefix: prefix)).map {
            ObjectInfo(key: $0.key, size: $0.size, etag: $0.etag, sha256: hidesHashes ? nil : $0.sha256)
        }
    }

    func put(_ key: ObjectKey, bytes: [UInt8], if condition: PutCondition) throws(StoreError) -> ObjectInfo {
        puts.append(key)
        try before(puts.count, key)
        let stored = try base.put(key, bytes: bytes, if: ignoresConditions ? .always : condition)
        try after(puts.count, key)
        return stored
    }

    func put(
        _ key: ObjectKey, file: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        puts.append(key)
        filePuts += 1
        try before(puts.count, key)
        let stored = try base.put(
            key, file: file, sha256: sha256, size: size, if: ignoresConditions ? .always : condition,
            progress: progress)
        try after(puts.count, key)
        return stored
    }
}

/// What can be lost of a call: the call itself, or only its answer.
enum Loss: CaseIterable, Sendable {
    case call
    case answer
}

extension WrappedStore {
    /// Loses the `put` of that number, from 1 on.
    convenience init(_ base: any ObjectStore, losing loss: Loss, at lost: Int) {
        self.init(base)
        let lose = { (number: Int, _: ObjectKey) throws(StoreError) in
            if number == lost { throw StoreError(.unreachable, "lost on the way") }
        }
        switch loss {
        case .call: before = lose
        case .answer: after = lose
        }
    }
}
