internal import ObjectStore

/// Whether a lock rule holds can only be tried with an object that then cannot be removed.
extension RemoteDoctor {
    func examineLock() -> CheckResult {
        guard store.bucket != nil else {
            return CheckResult("lock", .notRun, "a directory has no lock rules; what protects it are its permissions")
        }
        guard testsLock else {
            return CheckResult(
                "lock", .notRun, "the test leaves an object in each locked prefix for ever",
                remedy: "devjournal doctor remote --test-lock")
        }
        do throws(StoreError) {
            var open: [String] = []
            for prefix in layout.immutablePrefixes where try !isLocked(prefix) { open.append(prefix) }
            if open.isEmpty { return CheckResult("lock", .ok, "what was stored there cannot be replaced or deleted") }
            return CheckResult(
                "lock", .failed, "\(open.joined(separator: " and ")) can be deleted by anybody who has this key",
                remedy: "add the lock rules below")
        } catch {
            return Self.failed("lock", error)
        }
    }

    /// Whether the probe there can be neither replaced nor deleted.
    private func isLocked(_ prefix: String) throws(StoreError) -> Bool {
        let probe = try layout.lockProbe(in: prefix)
        if try store.head(probe) == nil { _ = try store.put(probe, bytes: seal(), if: .ifAbsent) }
        let replaced = try isDone { () throws(StoreError) in _ = try store.put(probe, bytes: seal(), if: .always) }
        let deleted = try isDone { () throws(StoreError) in try store.delete(probe) }
        return !replaced && !deleted
    }

    private func isDone(_ body: () throws(StoreError) -> Void) throws(StoreError) -> Bool {
        do {
            try body()
            return true
        } catch {
            if error.kind == .denied { return false }
            throw error
        }
    }
}
