import Digest
import DurableFiles
import Foundation
import ObjectStore
import SystemPackage
import Testing

/// A store in memory that keeps only the conditions it was made to keep, as some real ones do.
private final class CarelessStore: ObjectStore, @unchecked Sendable {
    let url = "memory:"
    private let ifAbsent: Bool
    private let ifMatches: Bool
    private var objects: [ObjectKey: [UInt8]] = [:]

    init(ifAbsent: Bool, ifMatches: Bool) {
        self.ifAbsent = ifAbsent
        self.ifMatches = ifMatches
    }

    func head(_ key: ObjectKey) -> ObjectInfo? {
        objects[key].map {
            ObjectInfo(
                key: key, size: Int64($0.count), etag: ETag(SHA256.hash($0.span).hex), sha256: nil)
        }
    }

    func read(_ key: ObjectKey, limit: Int) -> (bytes: [UInt8], info: ObjectInfo)? {
        guard let bytes = objects[key], let info = head(key) else { return nil }
        return (bytes, info)
    }

    func read(
        _ key: ObjectKey, part range: Range<Int64>, of known: ObjectInfo?
    ) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) {
        guard let bytes = objects[key], let info = head(key) else { throw StoreError(.missing, "there is none") }
        return (Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)]), info)
    }

    var traffic: StoreTraffic { StoreTraffic() }

    func put(_ key: ObjectKey, bytes: [UInt8], if condition: PutCondition) throws(StoreError) -> ObjectInfo {
        let holds =
            switch condition {
            case .always: true
            case .ifAbsent: !ifAbsent || objects[key] == nil
            case .ifMatches(let etag): !ifMatches || head(key)?.etag == etag
            }
        if !holds { throw StoreError(.conditionFailed, "the condition does not hold") }
        objects[key] = bytes
        return ObjectInfo(key: key, size: Int64(bytes.count), etag: ETag(SHA256.hash(bytes.span).hex), sha256: nil)
    }

    func get(
        _ key: ObjectKey, range offset: Int64, limit: Int64, into file: borrowing OpenFile, progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        throw StoreError(.invalid, "not needed here")
    }

    func put(
        _ key: ObjectKey, file: FilePath, sha256: SHA256Digest, size: Int64, if condition: PutCondition,
        progress: TransferProgress?
    ) throws(StoreError) -> ObjectInfo {
        throw StoreError(.invalid, "not needed here")
    }

    func list(prefix: String) -> [ObjectInfo] { [] }
}

struct CanaryTests {
    @Test(
        "A store that ignores a condition is found out, also the second time", arguments: [false, true], [false, true])
    func careless(ifAbsent: Bool, ifMatches: Bool) throws {
        let store = CarelessStore(ifAbsent: ifAbsent, ifMatches: ifMatches)
        var attempt: UInt8 = 0
        for _ in 0..<2 {
            let support = try store.canary(ObjectKey("canary")) {
                attempt += 1
                return [attempt]
            }
            #expect(support.ifAbsent == ifAbsent)
            #expect(support.ifMatches == ifMatches)
            #expect(support.isComplete == (ifAbsent && ifMatches))
        }
    }
}
