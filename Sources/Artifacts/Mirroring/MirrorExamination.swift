import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import Mirror
import ObjectStore

/// `doctor remote`: what the mirror can and may, whether or not this machine still has a journal.
package struct MirrorExamination {
    package let results: [CheckResult]
    /// What the bucket's owner can lock; none where the mirror is not a bucket.
    package let rules: [LockRule]

    /// - Parameters:
    ///   - url: another mirror than the configuration's.
    ///   - testsLock: leaves an object for ever in each locked prefix.
    package init(_ machine: Machine, url: String?, testsLock: Bool) throws {
        let server = machine.server
        let layout = MirrorLayout(dataset: machine.dataset)
        // A machine that has lost everything may ask too; what is here but cannot be read is an error of its own.
        let identities = pathExists(server.ageIdentity) ? try AgeKeyFiles(server).read() : []
        let url = try url ?? machine.mirrorURL()
        var ours: Checkpoint?
        var wasWritten = false
        if try server.journal.hasRecords() {
            let replay = try machine.replay(growsTree: true)
            ours = replay.verifier.checkpoint()
            wasWritten = replay.state?.entries.values.contains { $0.objectKey != nil && $0.store == url } ?? false
        }
        do throws(StoreError) {
            let store = try machine.examinedStore(url)
            rules = store.bucket.map { LockRule.rules(for: layout, in: $0) } ?? []
            results = RemoteDoctor(
                store, layout: layout, identities: identities, ours: ours, wasWritten: wasWritten,
                testsLock: testsLock, unixSeconds: machine.now().milliseconds / 1000
            ).examine()
        } catch {
            if error.kind == .invalid { throw error }
            rules = []
            results = [CheckResult("open", .failed, error.description, remedy: Self.remedy(error))]
        }
    }

    private static func remedy(_ error: StoreError) -> String? {
        let create = "if there never was a mirror: devjournal push --create"
        return error.kind == .unreachable
            ? [error.hint, create].compactMap(\.self).joined(separator: "; ") : error.hint
    }

    package func has(_ verdict: CheckResult.Verdict) -> Bool { results.contains { $0.verdict == verdict } }

    package var json: JSONObject {
        [
            "checks": .array(
                results.map { result in
                    .object([
                        "name": .string(result.name), "verdict": .string(result.verdict.rawValue),
                        "detail": .string(result.detail), "remedy": result.remedy.map { .string($0) } ?? .null,
                    ])
                }),
            "lock_rules": .array(
                rules.map { rule in
                    .object([
                        "name": .string(rule.name), "prefix": .string(rule.prefix), "command": .string(rule.command),
                    ])
                }),
        ]
    }
}
