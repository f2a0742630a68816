package import Age
internal import Backup
package import JournalFormat
package import ObjectStore
internal import Sodium

/// Examines a mirror as a push would use it, and cleans up after itself.
package struct RemoteDoctor {
    let store: any ExaminedStore
    let layout: MirrorLayout
    private let identities: [AgeIdentity]
    private let ours: Checkpoint?
    private let wasWritten: Bool
    let testsLock: Bool
    private let unixSeconds: Int

    /// - Parameters:
    ///   - identities: to read the checkpoint with; may be empty.
    ///   - ours: this journal's head, where it is here.
    ///   - wasWritten: whether this journal says that something was uploaded to this mirror.
    ///   - testsLock: whether to leave an object in each locked prefix, which can never be removed again where the lock
    ///     holds.
    package init(
        _ store: any ExaminedStore, layout: MirrorLayout, identities: [AgeIdentity], ours: Checkpoint?,
        wasWritten: Bool, testsLock: Bool, unixSeconds: Int
    ) {
        self.store = store
        self.layout = layout
        self.identities = identities
        self.ours = ours
        self.wasWritten = wasWritten
        self.testsLock = testsLock
        self.unixSeconds = unixSeconds
    }

    private static let afterReach = ["list", "put", "get", "conditions", "delete", "journal", "uploads", "lock"]

    /// Every check, in order. What cannot be asked because something before it failed is reported as not run.
    package func examine() -> [CheckResult] {
        let reach: StoreReach
        do throws(StoreError) {
            reach = try store.reach()
        } catch {
            return [Self.failed("reach", error), CheckResult("clock", .notRun, "reach failed")]
                + Self.afterReach.map { CheckResult($0, .notRun, "reach failed") }
        }
        var results = [
            CheckResult("reach", .ok, reach.description), CheckResult.clock(storeAhead: reach.clockAhead),
        ]
        let listed: [ObjectInfo]
        do throws(StoreError) {
            listed = try store.list(prefix: layout.prefix)
        } catch {
            results.append(Self.failed("list", error))
            return results + Self.afterReach.dropFirst().map { CheckResult($0, .notRun, "list failed") }
        }
        results.append(
            CheckResult(
                "list", .ok,
                "the credentials are accepted; \(layout.prefix) holds \(Plain.counted(listed.count, "object"))"))
        results += examineRights(leftOver: listed.map(\.key).filter { $0.text.hasPrefix(layout.doctorPrefix) })
        results.append(examineJournal(listed))
        results.append(examineUploads())
        results.append(examineLock())
        return results
    }

    // MARK: Rights

    /// Puts, gets, replaces and deletes objects of its own, outside what a lock rule protects.
    private func examineRights(leftOver: [ObjectKey]) -> [CheckResult] {
        let random = randomBytes(8).map { String($0, radix: 16) }.joined()
        var results: [CheckResult] = []
        var made = leftOver
        do throws(StoreError) {
            let probe = try ObjectKey("\(layout.doctorPrefix)probe-\(random).age")
            let sealed = seal()
            made.append(probe)
            guard
                run(
                    "put", &results,
                    { () throws(StoreError) in
                        _ = try store.put(probe, bytes: sealed, if: .always)
                        return CheckResult("put", .ok, "an object was stored as \(probe)")
                    })
            else {
                return results + ["get", "conditions", "delete"].map { CheckResult($0, .notRun, "put failed") }
            }
            run("get", &results) { () throws(StoreError) in
                let read = try store.read(probe, limit: sealed.count)
                return read?.bytes == sealed
                    ? CheckResult("get", .ok, "it came back, byte for byte")
                    : CheckResult("get", .failed, "what came back is not what was stored", remedy: Self.damages)
            }
            let canary = try ObjectKey("\(layout.doctorPrefix)conditions-\(random).age")
            made.append(canary)
            run("conditions", &results) { () throws(StoreError) in
                Self.conditions(try store.canary(canary, content: seal))
            }
        } catch {
            results.append(Self.failed("put", error))
        }
        run("delete", &results) { () throws(StoreError) in
            for key in made { try store.delete(key) }
            let rest = try store.list(prefix: layout.doctorPrefix)
            return rest.isEmpty
                ? CheckResult("delete", .ok, "what this examination stored is removed again")
                : CheckResult(
                    "delete", .failed, "the store says that it deletes, but \(rest[0].key) is still there",
                    remedy: "devjournal doctor remote, run again, tries to remove it")
        }
        return results
    }

    /// Nothing in a mirror is plaintext.
    func seal() -> [UInt8] {
        AgeFile.encrypt(randomBytes(32).span, to: [(identities.first ?? .generate()).recipient])
    }

    private static func conditions(_ support: ConditionSupport) -> CheckResult {
        if support.isComplete { return CheckResult("conditions", .ok, "If-None-Match and If-Match are kept") }
        if support.refusesOwn, support.ifAbsent {
            return CheckResult(
                "conditions", .failed,
                "the store refuses If-Match with the ETag that it gave itself: nothing could be replaced",
                remedy: ConditionSupport.remedy)
        }
        let ignored = [support.ifAbsent ? nil : "If-None-Match: *", support.ifMatches ? nil : "If-Match"]
            .compactMap(\.self).joined(separator: " and ")
        return CheckResult(
            "conditions", .failed, "the store ignores \(ignored): two servers could overwrite each other unseen",
            remedy: ConditionSupport.remedy)
    }

    private static let damages = "run it again; if it stays so, the network or the store damages what is sent"

    // MARK: Content

    private func examineJournal(_ listed: [ObjectInfo]) -> CheckResult {
        let reader = MirrorReader(store: store, layout: layout, identities: identities)
        let others = listed.filter { object in
            !object.key.text.hasPrefix(layout.doctorPrefix) && !layout.isLockProbe(object.key)
        }
        do throws(MirrorError) {
            guard let there = try reader.checkpoint() else {
                if others.isEmpty, !wasWritten {
                    return CheckResult("journal", .ok, "nothing is mirrored there yet", remedy: "devjournal push")
                }
                throw .checkpointMissing(url: store.url)
            }
            return Self.journal(theirs: there.signed.checkpoint, ours: ours, url: store.url)
        } catch {
            if case .checkpointUnreadable = error, identities.isEmpty {
                return CheckResult(
                    "journal", .warning, "there is a checkpoint, but no age key here to read it with",
                    remedy: "devjournal rebuild --from-mirror --kit KIT brings the key back")
            }
            return Self.failedJournal(error)
        }
    }

    private static func failedJournal(_ error: MirrorError) -> CheckResult {
        CheckResult(
            "journal", .failed, error.description, remedy: error.hint ?? "devjournal push --check names what is wrong")
    }

    /// Whose journal is there, by its checkpoint alone: whether it is really a prefix of this one a push finds out.
    static func journal(theirs: Checkpoint, ours: Checkpoint?, url: String) -> CheckResult {
        let named = "journal \(theirs.log), epoch \(theirs.epoch), \(Plain.counted(theirs.size, "record"))"
        guard let ours else { return CheckResult("journal", .warning, "\(named); no journal here to compare it with") }
        let error: MirrorError
        if theirs.log != ours.log {
            error = .otherJournal(url: url)
        } else if theirs.epoch > ours.epoch {
            error = .newerEpoch(theirs: theirs, ours: ours)
        } else if theirs.epoch == ours.epoch, theirs.size > ours.size {
            error = .mirrorIsAhead(theirs: theirs, ours: ours)
        } else if theirs.size == ours.size, theirs.head != ours.head {
            return CheckResult(
                "journal", .failed, "\(named), of another history than this journal",
                remedy: "devjournal push prints both signed heads and writes nothing")
        } else {
            let behind = ours.size - theirs.size
            return CheckResult(
                "journal", .ok, behind == 0 ? "\(named), all of this one" : "\(named), \(behind) fewer than here",
                remedy: behind == 0 ? nil : "devjournal push")
        }
        return failedJournal(error)
    }

    private func examineUploads() -> CheckResult {
        do throws(StoreError) {
            let found = try store.unfinishedUploads(prefix: layout.prefix)
            return CheckResult.uploads(
                found.map { ($0.name, $0.id, $0.begunAt) }, bucket: store.bucket.map { ($0.name, $0.prefix) },
                now: unixSeconds)
        } catch {
            return CheckResult(
                "uploads", .warning, "the store does not list unfinished uploads: \(error)", remedy: error.hint)
        }
    }

    // MARK: Results

    @discardableResult
    private func run(
        _ name: String, _ results: inout [CheckResult], _ body: () throws(StoreError) -> CheckResult
    ) -> Bool {
        do throws(StoreError) {
            results.append(try body())
        } catch {
            results.append(Self.failed(name, error))
        }
        return results.last?.verdict == .ok
    }

    static func failed(_ name: String, _ error: StoreError) -> CheckResult {
        CheckResult(name, .failed, error.description, remedy: remedy(name, error))
    }

    /// What an error says itself is closer to it, but not every one says something to do.
    private static func remedy(_ name: String, _ error: StoreError) -> String {
        switch (name, error.kind) {
        case ("list", .missing): "devjournal push --create makes it, if this key may"
        case ("put", .denied), ("get", .denied), ("delete", .denied):
            "give the key the right to read and write objects of this bucket (R2: Object Read & Write), and limit lock "
                + "rules to the prefixes that are named here"
        case ("conditions", .denied): "limit lock rules to the prefixes that are named here: checkpoints are replaced"
        default: error.hint ?? "check MIRROR, S3_ENDPOINT and S3_CREDENTIALS, then run it again"
        }
    }
}
