import Digest
import JournalFormat
import Sodium
import Testing

@testable import Backup

/// Every finding, with what brings it about and what ends it, as `AuditFinding.remedy` says.
@Suite("Each finding of an audit has a way out")
struct AuditRemedyTests {
    private struct At {
        let day: Double
        let event: Happened
        var authorOffset = 0.0
        var epoch = 1
    }

    private enum End {
        /// Something happens.
        case events([At])
        /// A reviewer signs it.
        case signed
        /// On purpose there is none.
        case never
    }

    private struct Case {
        var before: [At]
        /// When the audit looks, and in which month.
        var day = 31.0
        var month = "2026-01"
        var usesMirror = false
        var end: End
    }

    private func at(_ day: Double, _ events: [Happened], epoch: Int = 1) -> [At] {
        events.map { At(day: day, event: $0, epoch: epoch) }
    }

    private func happened(_ type: String, _ data: JSONObject) -> Happened { Happened(type: type, data: data) }

    private func checked(_ result: String) -> Happened { ofFirst("artifact.verified", ["result": .string(result)]) }

    /// What the server says of the first month's artifact.
    private func ofFirst(_ type: String, _ more: JSONObject = [:]) -> Happened {
        var data: JSONObject = [
            "label": .string("dev@2026-01"), "sha256": .string(sha256("")), "bytes": .integer(100),
            "path": .string("/received"), "local_path": .string("artifacts/x"), "to": .string("ws"),
        ]
        for member in more.members { data[member.key] = member.value }
        return Happened(type: type, data: data)
    }

    private var note: Happened { happened("note", ["text": .string("hello")]) }

    /// With the tree's hash, as every workstation seals.
    private var first: [Happened] {
        month(full("2026-01")).map { event in
            guard event.type == "artifact.sealed" else { return event }
            var data = event.data
            data["tree"] = .string(sha256("tree"))
            return Happened(type: event.type, data: data)
        }
    }

    private func expected(_ slug: AuditFinding.Slug) -> Case {
        let taken = at(30, [snapshot("2026-01")])
        let sealing = sealed(full("2026-01"))
        let months = at(0, first)
        let restored = at(200, [ofFirst("snapshot.restored")])
        switch slug {
        case .monthMissing:
            return Case(before: months, day: 89, month: "2026-03", end: .events(at(88, month(full("2026-02")))))
        case .snapshotNotSealed:
            return Case(before: taken, end: .events(at(31, [sealing, registered(full("2026-01"))])))
        case .sealedNotRegistered:
            return Case(before: taken + at(30, [sealing]), end: .events(at(31, [registered(full("2026-01"))])))
        case .registeredNotSealed: return Case(before: at(30, [registered(full("2026-01"))]), end: .signed)
        case .notUploaded:
            return Case(before: months, usesMirror: true, end: .events(at(31, [uploaded("2026-01")])))
        case .storedNotRestored:
            return Case(before: months + at(3, [ofFirst("artifact.stored")]), end: .events(restored))
        case .releasedNotRestored:
            return Case(before: months + at(3, [ofFirst("restore.released")]), end: .events(restored))
        case .anchorOverdue:
            return Case(
                before: at(0, month(full("2026-01"), bytes: 10))
                    + at(31, month(increment("2026-02", from: "2026-01"), bytes: 10)), day: 95, month: "2026-04",
                end: .events(at(95, month(full("2026-04"), bytes: 10))))
        case .drillExpired: return Case(before: months + restored, day: 500, end: .events(at(499, [restored[0].event])))
        case .drillNever: return Case(before: months, day: 300, end: .events(restored))
        case .longSilence: return Case(before: months, day: 50, end: .events(at(49, [note])))
        case .newSigner: return Case(before: taken, end: .signed)
        case .keyEnrolled: return Case(before: [], end: .signed)
        case .keyRetired:
            return Case(
                before: at(1, [happened("key.retired", ["kid": .string("0"), "reason": .string("lost")])]), end: .signed
            )
        case .epochStarted:
            return Case(before: at(1, [happened("epoch.started", ["reason": .string("rebuilt")])]), end: .signed)
        case .rootReplaced:
            return Case(before: at(1, [happened("root.replaced", ["reason": .string("lost")])]), end: .never)
        case .authorClockSkew:
            return Case(before: [At(day: 2, event: snapshot("2026-01"), authorOffset: -1.5)], end: .signed)
        case .clockStandsStill:
            return Case(before: at(1, [note]) + [At(day: 1, event: note, authorOffset: -0.2)], end: .signed)
        case .clockJump: return Case(before: at(4, [note]) + [At(day: 4, event: note, authorOffset: -3)], end: .signed)
        case .sizeOutlier:
            return Case(
                before: at(0, month(full("2026-01"), bytes: 1 << 20)) + at(1, month(full("2026-02"), bytes: 1 << 30)),
                end: .signed)
        case .artifactDamaged:
            return Case(before: months + at(3, [checked("damaged")]), end: .events(at(4, [ofFirst("artifact.stored")])))
        case .artifactOnlyMirrored:
            let rebuilt = happened("epoch.started", ["reason": .string(BackupState.rebuildReason)])
            return Case(
                before: months + at(1, [uploaded("2026-01")]) + at(3, [rebuilt, checked("missing")], epoch: 2),
                end: .events(at(4, [ofFirst("artifact.stored")], epoch: 2)))
        case .artifactUnverified: return Case(before: months, day: 93, end: .events(at(92, [checked("ok")])))
        case .artifactWithdrawn: return Case(before: months + at(3, [withdrawn("2026-01")]), end: .signed)
        case .worktreeBehind:
            let followed = happened("worktree.updated", ["label": .string("dev@2026-02"), "path": .string("/code")])
            return Case(
                before: months + at(3, [ofFirst("worktree.updated")]) + at(31, month(full("2026-02"))), day: 32,
                month: "2026-02", end: .events(at(32, [followed])))
        case .journalRepaired:
            return Case(before: at(1, [happened("journal.repaired", ["why": .string("torn")])]), end: .signed)
        case .cutAccepted: return Case(before: at(1, [happened("witness.accepted", [:])]), end: .signed)
        case .unreadable: return Case(before: at(1, [happened("unheard.of", [:])]), end: .signed)
        // SuccessionTests tell of it.
        case .journalSucceeds: return Case(before: [], end: .never)
        }
    }

    @Test("What ends it ends it, and it says so", arguments: AuditFinding.Slug.allCases)
    func wayOut(slug: AuditFinding.Slug) throws {
        let remedy = AuditFinding(slug, .notable, records: [7], subject: "dev@2026-01", "").remedy
        let story = expected(slug)
        if case .never = story.end { #expect(remedy == "nothing to do: every audit reports it for ever") }
        if slug == .journalSucceeds { return }
        // given
        let before = try findings(story.before, story)
        let found = try #require(before.first { $0.slug == slug }, "\(before)")
        // when
        let end: [At]
        switch story.end {
        case .events(let events): end = events
        case .signed, .never:
            let review = Review(
                upTo: story.before.count + 2, head: SHA256Digest(), reviewer: "auditor", findings: before)
            end = at(story.day, [happened("review.signed", ReviewSigned.event(review).data)])
        }
        let after = try findings(story.before + end, story)
        // then
        let isStillThere = after.contains { $0.identity == found.identity && $0.severity == found.severity }
        if case .never = story.end { #expect(isStillThere) } else { #expect(!isStillThere, "\(found.sentence)") }
        #expect(
            found.remedy.contains("devjournal") || found.remedy.contains(".sh ") || found.remedy.contains("for ever"))
        if case .signed = story.end, slug != .unreadable { #expect(found.remedy.contains("devjournal audit sign")) }
    }

    /// What an audit with real keys finds.
    private func findings(_ events: [At], _ story: Case) throws -> [AuditFinding] {
        let opened = try #require(Timestamp("2026-01-01T12:00:00.000Z"))
        func moment(_ day: Double) -> Timestamp {
            Timestamp(milliseconds: opened.milliseconds + Int(day * Double(AuditLimits.day)))
        }
        func key(_ byte: UInt8) throws -> Ed25519.PublicKey {
            try #require(Ed25519.PublicKey([UInt8](repeating: byte, count: 32)))
        }
        let (root, sequencer, workstation) = (try key(1), try key(2), try key(3))
        let (server, author) = (KeyID(sequencer, role: .sequencer), KeyID(workstation, role: .author))
        let opening = KeyEvent.journalOpened(dataset: "dev", root: root, sequencer: sequencer)
        let enrolment = KeyEvent.keyEnrolled(
            role: "author", key: workstation, name: "ws", proof: [UInt8](repeating: 0, count: 64))
        let start = at(0, [happened("journal.opened", opening.data), happened("key.enrolled", enrolment.data)])
        var audit = Audit(usesMirror: story.usesMirror)
        for (index, at) in (start + events).enumerated() {
            let original = record(at.event, index + 1)
            let isByWorkstation = ["snapshot.taken", "artifact.sealed", "witness.accepted"].contains(at.event.type)
            audit.take(
                Record(
                    seq: index + 1, epoch: at.epoch, ts: moment(at.day), kid: server,
                    event: Event(
                        id: original.event.id, type: at.event.type, schema: 1,
                        author: isByWorkstation ? author : server, ts: moment(at.day + at.authorOffset),
                        data: at.event.data),
                    hash: original.hash))
        }
        return audit.report(now: moment(story.day), thisMonth: label(story.month)).findings
    }
}
