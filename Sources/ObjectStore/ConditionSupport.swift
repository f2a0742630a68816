/// Which conditions of `put` a store keeps. A store that ignores one answers success and overwrites: nobody would
/// notice until two writers met.
package struct ConditionSupport: Equatable, Sendable {
    package let ifAbsent: Bool
    package let ifMatches: Bool

    package var isComplete: Bool { ifAbsent && ifMatches }
}

extension ObjectStore {
    /// Finds out with an object made for this: it is put twice with `ifAbsent`, then with an ETag that is not its
    /// own, then with its own. Leaves one small object under `key`, which is used again the next time; the key must
    /// be where objects may be replaced.
    package func canary(_ key: ObjectKey) throws(StoreError) -> ConditionSupport {
        _ = try accepts(key, "first", .ifAbsent)
        let before = try content(of: key)
        let tookSecond = try accepts(key, "second", .ifAbsent)
        let between = try content(of: key)
        let ifAbsent = !tookSecond && before.bytes == between.bytes

        let strange = ETag("\"00000000000000000000000000000000\"")
        let tookStrange = try accepts(key, "third", .ifMatches(strange))
        let after = try content(of: key)
        let tookOwn = try accepts(key, "fourth", .ifMatches(after.info.etag))
        return ConditionSupport(
            ifAbsent: ifAbsent, ifMatches: !tookStrange && tookOwn && between.bytes == after.bytes)
    }

    private func accepts(_ key: ObjectKey, _ text: String, _ condition: PutCondition) throws(StoreError) -> Bool {
        do {
            _ = try put(key, bytes: Array("devjournal canary, \(text)\n".utf8), if: condition)
            return true
        } catch {
            if error.kind == .conditionFailed { return false }
            throw error
        }
    }

    private func content(of key: ObjectKey) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) {
        guard let content = try read(key, limit: 1 << 10) else {
            throw .missing("\(url) does not hold \(key), which was just stored")
        }
        return content
    }
}
