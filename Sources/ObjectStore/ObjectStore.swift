package import Digest
package import DurableFiles
package import SystemPackage

/// A place that keeps objects: named byte strings that are written whole, replaced whole and never seen half.
///
/// Calls wait until they are done; a caller that wants several in flight uses threads. A call that returned from a
/// `put` means that the object is durable.
package protocol ObjectStore: Sendable {
    /// Where it is, for messages and events; never holds a secret.
    var url: String { get }

    /// What is stored under a key without its bytes; nil where there is no such object.
    func head(_ key: ObjectKey) throws(StoreError) -> ObjectInfo?

    /// Streams an object from a byte offset to its end and writes it at the file's position. The answer describes
    /// the whole object, so a caller that continues with an earlier download compares the ETag. Where this throws,
    /// some bytes may have been written. `missing` where there is no such object; `full` is the file's disk; `corrupt`,
    /// before a byte is written, where the object has more than `limit` bytes: what the caller knows that it must have.
    func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile, progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo

    /// A small object as a whole; nil where there is none, `invalid` where it is larger than `limit` bytes.
    func read(_ key: ObjectKey, limit: Int) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)?

    /// A part of an object, and what the store says of the whole: all of the range, in memory, which the caller bounds.
    /// A transfer that breaks off continues where it stopped, as long as the object is the same one.
    ///
    /// - Parameters:
    ///   - range: of its bytes; not empty.
    ///   - known: what was said of it before. Where it is another object by now that is `corrupt`.
    /// - Throws: `missing` where there is no such object, `invalid` where the range does not lie within it.
    func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo)

    /// What was asked of the store so far, and what came.
    var traffic: StoreTraffic { get }

    /// Milliseconds that have to lie between two writes of one key. R2 takes one a second.
    var writesOfKeyApart: Int { get }

    /// Stores bytes under a key, if the condition holds.
    func put(_ key: ObjectKey, bytes: [UInt8], if condition: PutCondition) throws(StoreError) -> ObjectInfo

    /// Stores a file under a key, if the condition holds. The file must be `size` bytes with this hash: what differs
    /// is `corrupt`, and nothing is stored.
    func put(
        _ key: ObjectKey, file: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo

    /// Says whether ETags in conditions go without their quotes from now on. DigitalOcean's Spaces, and Ceph as of
    /// version
    /// 16, compare what `If-Match` holds with the bare ETag, and so refuse the form of RFC 9110 (13.1.1).
    ///
    /// - Returns: false where the store has no such choice.
    func writeBareETags(_ isBare: Bool) -> Bool

    /// Every object whose key begins with `prefix` (any beginning of a key, also within a component; empty for all),
    /// sorted by key.
    func list(prefix: String) throws(StoreError) -> [ObjectInfo]
}

/// Requests that a store was sent, those that were sent again included, and the bytes of their answers' bodies.
package struct StoreTraffic: Equatable, Sendable {
    package internal(set) var requests: Int
    package internal(set) var bytes: Int

    package init(requests: Int = 0, bytes: Int = 0) {
        self.requests = requests
        self.bytes = bytes
    }
}

/// Called from time to time with the bytes of this call that are done; from any thread.
package typealias TransferProgress = @Sendable (_ bytesDone: Int64) -> Void

extension ObjectStore {
    package var writesOfKeyApart: Int { 0 }

    package func writeBareETags(_ isBare: Bool) -> Bool { false }

    /// `get` without progress.
    package func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile
    ) throws(StoreError) -> ObjectInfo {
        try get(key, range: offset, limit: limit, into: file, progress: nil)
    }

    /// `put` of a file without progress.
    package func put(
        _ key: ObjectKey, file: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition
    ) throws(StoreError) -> ObjectInfo {
        try put(key, file: file, sha256: sha256, size: size, if: condition, progress: nil)
    }
}

/// When a `put` may take effect. Where the condition does not hold the error is `conditionFailed` and the store is
/// as before. The check and the write are one step: of several writers with the same condition exactly one wins.
package enum PutCondition: Equatable, Sendable {
    case always
    /// No object under the key (`If-None-Match: *`).
    case ifAbsent
    /// The object under the key is the one with this ETag (`If-Match`); no object at all fails too.
    case ifMatches(ETag)
}

/// A store's own name for one content of one object, in quotes as HTTP writes it (RFC 9110, 8.8.3). To be compared,
/// not to be understood.
package struct ETag: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package var description: String { text }
}

/// What a store says about an object.
package struct ObjectInfo: Equatable, Sendable {
    package let key: ObjectKey
    /// Bytes.
    package let size: Int64
    package let etag: ETag
    /// The hash of the stored bytes as the store knows it: a claim, which only reading the bytes can prove. Nil
    /// where the store knows none.
    package let sha256: SHA256Digest?

    package init(key: ObjectKey, size: Int64, etag: ETag, sha256: SHA256Digest?) {
        self.key = key
        self.size = size
        self.etag = etag
        self.sha256 = sha256
    }
}

extension ObjectInfo {
    func require(atMost limit: Int64) throws(StoreError) {
        if size > limit { throw .corrupt("object \(key) has \(size) bytes, more than the \(limit) that it must have") }
    }
}
