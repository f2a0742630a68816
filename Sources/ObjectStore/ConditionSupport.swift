/// Which conditions of `put` a store keeps. A store that ignores one answers success and overwrites: nobody would
/// notice until two writers met.
package struct ConditionSupport: Equatable, Sendable {
    package let ifAbsent: Bool
    package let ifMatches: Bool
    /// `If-Match` is not ignored, but also refused with the ETag that the store itself has given.
    package let refusesOwn: Bool

    package init(ifAbsent: Bool, ifMatches: Bool, refusesOwn: Bool = false) {
        self.ifAbsent = ifAbsent
        self.ifMatches = ifMatches
        self.refusesOwn = refusesOwn
    }

    package var isComplete: Bool { ifAbsent && ifMatches }

    package static let remedy =
        "set MIRROR to a store that honours conditional writes: Cloudflare R2, SeaweedFS or a directory"
}

extension ObjectStore {
    /// Finds out with an object made for this: it is put twice with `ifAbsent`, then with an ETag that is not its
    /// own, then with its own. Leaves one small object under `key`, which is used again the next time; the key must
    /// be where objects may be replaced.
    ///
    /// - Parameter content: makes the bytes of each attempt: at most 64 KiB, and others each time, as any encryption
    ///   does by itself.
    ///
    /// What looks like a store that ignores a condition is asked again: it may be an answer that was damaged. One that
    /// refuses its own ETag in quotes is asked without them, and only if it then keeps every condition, the refusal of a
    /// strange ETag too, does that form stay: a store that ignores what it cannot read would overwrite.
    package func canary(_ key: ObjectKey, content: () -> [UInt8]) throws(StoreError) -> ConditionSupport {
        var support = try canaryOnce(key, content)
        for _ in 0..<2 where !support.isComplete { support = try canaryOnce(key, content) }
        guard support.refusesOwn, writeBareETags(true) else { return support }
        let bare = try canaryOnce(key, content)
        if bare.isComplete { return bare }
        _ = writeBareETags(false)
        return support
    }

    private func canaryOnce(_ key: ObjectKey, _ content: () -> [UInt8]) throws(StoreError) -> ConditionSupport {
        _ = try accepts(key, content(), .ifAbsent)
        let before: (bytes: [UInt8], info: ObjectInfo)
        do {
            before = try stored(key)
        } catch {
            // Left damaged by one who was cut off: nobody misses it.
            guard error.kind == .corrupt else { throw error }
            _ = try put(key, bytes: content(), if: .always)
            before = try stored(key)
        }
        let tookSecond = try accepts(key, content(), .ifAbsent)
        let between = try stored(key)
        let ifAbsent = !tookSecond && before.bytes == between.bytes

        let strange = ETag("\"00000000000000000000000000000000\"")
        let tookStrange = try accepts(key, content(), .ifMatches(strange))
        let after = try stored(key)
        let tookOwn = try accepts(key, content(), .ifMatches(after.info.etag))
        return ConditionSupport(
            ifAbsent: ifAbsent, ifMatches: !tookStrange && tookOwn && between.bytes == after.bytes,
            refusesOwn: !tookStrange && !tookOwn)
    }

    private func accepts(_ key: ObjectKey, _ bytes: [UInt8], _ condition: PutCondition) throws(StoreError) -> Bool {
        do {
            _ = try put(key, bytes: bytes, if: condition)
            return true
        } catch {
            if error.kind == .conditionFailed { return false }
            throw error
        }
    }

    private func stored(_ key: ObjectKey) throws(StoreError) -> (bytes: [UInt8], info: ObjectInfo) {
        guard let stored = try read(key, limit: 1 << 16) else {
            throw .missing("\(url) does not hold \(key), which was just stored")
        }
        return stored
    }
}
