import Digest
import JournalFormat
import Sodium
import Testing

@testable import Backup

/// Tests read: `audited(events).then(findings)`, each finding as `severity slug records`.
@Suite("What a reviewer should know")
struct AuditTests {
    private let opened = Timestamp("2026-01-01T12:00:00.000Z") ?? Timestamp(milliseconds: 0)

    /// An event, days after the journal was opened; the author's clock may be off.
    private struct At {
        let day: Double
        let event: Happened
        var authorOffset = 0.0
    }

    private func at(_ day: Double, _ events: Happened...) -> [At] { events.map { At(day: day, event: $0) } }

    private func audit(
        _ events: [At], usesMirror: Bool = false, limits: AuditLimits = AuditLimits()
    ) -> Audit {
        var audit = Audit(limits: limits, usesMirror: usesMirror)
        let genesis = At(day: 0, event: Happened(type: "journal.opened", data: ["dataset": .string("dev")]))
        for (index, at) in ([genesis] + events).enumerated() {
            let original = record(at.event, index + 1)
            let ts = Timestamp(milliseconds: opened.milliseconds + Int(at.day * Double(AuditLimits.day)))
            let said = Timestamp(milliseconds: ts.milliseconds + Int(at.authorOffset * Double(AuditLimits.day)))
            audit.take(
                Record(
                    seq: original.seq, epoch: 1, ts: ts, kid: original.kid,
                    event: Event(
                        id: original.event.id, type: original.event.type, schema: original.event.schema,
                        author: original.event.author, ts: said, data: original.event.data),
                    hash: original.hash))
        }
        return audit
    }

    private func found(_ audit: Audit, day: Double, month: String, all: Bool = false) -> [String] {
        let now = Timestamp(milliseconds: opened.milliseconds + Int(day * Double(AuditLimits.day)))
        return audit.report(now: now, thisMonth: label(month), all: all).findings.map {
            "\($0.severity) \($0.slug.rawValue) \($0.records.map(String.init).joined(separator: ","))"
        }
    }

    /// The sentence of the first finding of that name.
    private func sentence(_ slug: AuditFinding.Slug, _ audit: Audit, month: String) -> String? {
        audit.report(now: opened, thisMonth: label(month)).findings.first { $0.slug == slug }?.sentence
    }

    @Test("A month that went as it should has no finding")
    func quiet() {
        let audit = audit(
            at(30, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")), uploaded("2026-01")))
        #expect(found(audit, day: 31, month: "2026-02") == [])
    }

    @Test("Months between two labels, and months that are over, are missing; the current one is not yet")
    func missingMonths() {
        let events =
            at(30, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")))
            + at(61, Happened(type: "note", data: ["text": .string("away")]))
            + at(100, snapshot("2026-04"), sealed(full("2026-04")), registered(full("2026-04")))
        let audit = audit(events)
        #expect(found(audit, day: 101, month: "2026-05") == ["missing month-missing 8"])
        #expect(
            found(audit, day: 140, month: "2026-06") == [
                "missing month-missing 8", "notable artifact-unverified ", "missing month-missing ",
            ])
        #expect(
            sentence(.monthMissing, audit, month: "2026-05")
                == "there is no backup of 2026-02 and 2026-03: dev@2026-04 follows dev@2026-01")
        #expect(found(self.audit([]), day: 40, month: "2026-02") == ["missing month-missing "])
        #expect(found(self.audit([]), day: 20, month: "2026-01") == [])
    }

    @Test("An operation without its counterpart is notable at first, and missing after its grace or a month later")
    func counterparts() {
        let taken = audit(at(30, snapshot("2026-01")))
        #expect(found(taken, day: 30.5, month: "2026-01") == ["notable snapshot-not-sealed 2"])
        #expect(found(taken, day: 31.5, month: "2026-01") == ["missing snapshot-not-sealed 2"])
        let sealedOnly = audit(at(30, snapshot("2026-01"), sealed(full("2026-01"))))
        #expect(found(sealedOnly, day: 32, month: "2026-01") == ["missing sealed-not-registered 3"])
        let local = at(30, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")))
        #expect(found(audit(local), day: 60, month: "2026-02") == [])
        #expect(found(audit(local, usesMirror: true), day: 40, month: "2026-02") == ["notable not-uploaded 4"])
        #expect(found(audit(local, usesMirror: true), day: 45, month: "2026-02") == ["missing not-uploaded 4"])
        let forgotten = audit(
            at(30, snapshot("2026-01"))
                + at(40, snapshot("2026-02"), sealed(full("2026-02")), registered(full("2026-02"))))
        #expect(found(forgotten, day: 40, month: "2026-02") == ["missing snapshot-not-sealed 2"])
    }

    @Test("A mirror that was used before counts, configured or not")
    func formerMirror() {
        let events =
            at(20, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")), uploaded("2026-01"))
            + at(45, snapshot("2026-02"), sealed(full("2026-02")), registered(full("2026-02")))
        #expect(found(audit(events), day: 60, month: "2026-03") == ["missing not-uploaded 8"])
    }

    @Test("An artifact that no workstation has sealed, a withdrawn one, a damaged one")
    func artifacts() {
        let damaged = Happened(
            type: "artifact.verified",
            data: [
                "label": .string("dev@2026-01"), "sha256": .string(sha256("")), "bytes": .integer(100),
                "result": .string("damaged"),
            ])
        let events = at(30, registered(full("2026-01")))
        #expect(found(audit(events), day: 31, month: "2026-01") == ["missing registered-not-sealed 2"])
        #expect(
            found(audit(events + at(31, damaged)), day: 31, month: "2026-01") == [
                "missing registered-not-sealed 2", "missing artifact-damaged 3",
            ])
        #expect(
            found(audit(events + at(31, damaged, withdrawn("2026-01"))), day: 31, month: "2026-01") == [
                "missing registered-not-sealed 2", "notable artifact-withdrawn 4",
            ])
    }

    @Test("An artifact that was not checked for a quarter of a year, until it is; fetched back, it is damaged no more")
    func unchecked() {
        func checked(_ result: String) -> Happened {
            Happened(
                type: "artifact.verified",
                data: [
                    "label": .string("dev@2026-01"), "sha256": .string(sha256("")), "bytes": .integer(100),
                    "result": .string(result),
                ])
        }
        let stored = Happened(
            type: "artifact.stored",
            data: [
                "label": .string("dev@2026-01"), "sha256": .string(sha256("")), "local_path": .string("artifacts/x"),
            ])
        let events = at(0, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")))
        func slugs(_ audit: Audit, day: Double) -> [String] {
            found(audit, day: day, month: "2026-01").filter { $0.contains("artifact-") }
        }
        #expect(slugs(audit(events), day: 91) == [])
        #expect(slugs(audit(events), day: 93) == ["notable artifact-unverified "])
        #expect(slugs(audit(events + at(60, checked("ok"))), day: 93) == [])
        #expect(slugs(audit(events + at(60, checked("damaged"))), day: 93) == ["missing artifact-damaged 5"])
        #expect(slugs(audit(events + at(60, checked("damaged"), stored)), day: 93) == [])
    }

    @Test("What was fetched back or released without a restore after it")
    func restores() {
        let fetched = Happened(
            type: "artifact.stored",
            data: [
                "label": .string("dev@2026-01"), "sha256": .string(sha256("")), "local_path": .string("artifacts/x"),
            ])
        let released = Happened(type: "restore.released", data: ["label": .string("dev@2026-01"), "to": .string("ws")])
        let restored = Happened(
            type: "snapshot.restored", data: ["label": .string("dev@2026-01"), "path": .string("/restore")])
        let before = at(30, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")))
        let events = before + at(31, fetched, released)
        #expect(
            found(audit(events), day: 31, month: "2026-01") == [
                "notable stored-not-restored 5", "notable released-not-restored 6",
            ])
        #expect(found(audit(events + at(31, restored)), day: 31, month: "2026-01") == [])
        let printed = Happened(
            type: "restore.released",
            data: ["label": .string("dev@2026-01"), "to": .string("me"), "paths": .array([.string("a")])])
        #expect(found(audit(before + at(31, printed)), day: 31, month: "2026-01") == [])
    }

    @Test("A size outlier is reported with its rule and numbers")
    func sizes() throws {
        let mebibyte = 1 << 20
        var events = at(0, snapshot("2026-01"), sealed(full("2026-01"), bytes: 900 * mebibyte))
        events += at(0, registered(full("2026-01"), bytes: 900 * mebibyte))
        for (month, bytes) in [(2, 10), (3, 12), (4, 14), (5, 60), (6, 47)] {
            let name = increment("2026-0\(month)", from: "2026-0\(month - 1)")
            events += at(Double(month - 1) * 30, snapshot("2026-0\(month)"), sealed(name, bytes: bytes * mebibyte))
            events += at(Double(month - 1) * 30, registered(name, bytes: bytes * mebibyte))
        }
        let audit = audit(events)
        #expect(
            found(audit, day: 151, month: "2026-06") == ["notable size-outlier 16", "notable artifact-unverified "])
        #expect(
            sentence(.sizeOutlier, audit, month: "2026-06")
                == "dev@2026-05 (incr) has 60.0 MiB, the median of the 3 before is 12.0 MiB "
                + "(rule: more than 4 times or less than a quarter, and more than 1.0 MiB apart)")
    }

    @Test("An anchor that has been due for more than the current month is overdue")
    func anchors() {
        let events =
            at(0, snapshot("2026-01"), sealed(full("2026-01"), bytes: 10), registered(full("2026-01"), bytes: 10))
            + at(
                31, snapshot("2026-02"), sealed(increment("2026-02", from: "2026-01"), bytes: 10),
                registered(increment("2026-02", from: "2026-01"), bytes: 10))
        #expect(found(audit(events), day: 60, month: "2026-03") == [])
        #expect(
            found(audit(events), day: 91, month: "2026-04") == [
                "missing long-silence ", "missing month-missing ", "missing anchor-overdue ",
            ])
    }

    @Test("A drill holds for half a year; that there never was one is notable")
    func drills() {
        let before = at(0, snapshot("2026-01"), sealed(full("2026-01")), registered(full("2026-01")))
        let drill = Happened(type: "drill.completed", data: [:])
        let slugs = { (events: [At]) in
            found(audit(events), day: 300, month: "2026-01").filter { $0.contains("drill") }
        }
        #expect(slugs(before) == ["notable drill-never "])
        #expect(slugs(before + at(200, drill)) == [])
        #expect(slugs(before + at(20, drill)) == ["missing drill-expired "])
    }

    @Test("A long silence, in the past and until now")
    func silence() {
        let note = Happened(type: "note", data: ["text": .string("hello")])
        let events = at(10, note) + at(60, note)
        let slugs = { (day: Double) in
            found(audit(events), day: day, month: "2026-01").filter { $0.contains("silence") }
        }
        #expect(slugs(61) == ["notable long-silence 3"])
        #expect(slugs(110) == ["notable long-silence 3", "missing long-silence "])
    }

    @Test("Repairs, retired keys and new epochs are reported")
    func told() {
        let events = at(
            1,
            Happened(
                type: "journal.repaired",
                data: ["bytes": .integer(7), "sha256": .string(""), "kept": .string("torn-5"), "why": .string("torn")]),
            Happened(type: "key.retired", data: ["kid": .string("0"), "reason": .string("lost")]),
            Happened(type: "epoch.started", data: ["reason": .string("rebuilt")]))
        #expect(
            found(audit(events), day: 2, month: "2026-01") == [
                "notable journal-repaired 2", "notable key-retired 3", "notable epoch-started 4",
            ])
    }

    @Test("What projections cannot read ends the checks, and that is reported as missing")
    func unreadable() {
        let events = at(1, Happened(type: "unheard.of", data: [:])) + at(2, snapshot("2026-01"))
        #expect(found(audit(events), day: 90, month: "2026-03").first == "missing unreadable 2")
    }

    // MARK: Clocks and signers, which need real keys in the records

    private func keyed(_ events: [At]) throws -> Audit {
        var audit = Audit(usesMirror: false)
        func key(_ byte: UInt8) throws -> Ed25519.PublicKey {
            try #require(Ed25519.PublicKey([UInt8](repeating: byte, count: 32)))
        }
        let (root, sequencer, workstation) = (try key(1), try key(2), try key(3))
        let (server, author) = (KeyID(sequencer, role: .sequencer), KeyID(workstation, role: .author))
        let opening = KeyEvent.journalOpened(dataset: "dev", root: root, sequencer: sequencer)
        let enrolment = KeyEvent.keyEnrolled(
            role: "author", key: workstation, name: "ws", proof: [UInt8](repeating: 0, count: 64))
        let all =
            [At(day: 0, event: Happened(type: "journal.opened", data: opening.data))]
            + at(0, Happened(type: "key.enrolled", data: enrolment.data)) + events
        for (index, at) in all.enumerated() {
            let original = record(at.event, index + 1)
            let ts = Timestamp(milliseconds: opened.milliseconds + Int(at.day * Double(AuditLimits.day)))
            let said = Timestamp(milliseconds: ts.milliseconds + Int(at.authorOffset * Double(AuditLimits.day)))
            let isByWorkstation = ["snapshot.taken", "artifact.sealed"].contains(at.event.type)
            audit.take(
                Record(
                    seq: index + 1, epoch: 1, ts: ts, kid: server,
                    event: Event(
                        id: original.event.id, type: at.event.type, schema: 1,
                        author: isByWorkstation ? author : server, ts: said, data: at.event.data),
                    hash: original.hash))
        }
        return audit
    }

    @Test("A key that signs for the first time, and an author's clock that is more than a day off")
    func signersAndSkew() throws {
        let audit = try keyed([At(day: 2, event: snapshot("2026-01"), authorOffset: -1.5)])
        #expect(
            found(audit, day: 2, month: "2026-01") == [
                "notable key-enrolled 2", "notable new-signer 3", "notable author-clock-skew 3",
                "notable snapshot-not-sealed 3",
            ])
    }

    @Test("The server's time that stands still, was set back by days, or lies after now")
    func sequencerClock() throws {
        let note = Happened(type: "note", data: ["text": .string("hello")])
        func clocks(_ events: [At], day: Double = 5) throws -> [String] {
            found(try keyed(events), day: day, month: "2026-01").filter { $0.contains("clock") }
        }
        #expect(try clocks([At(day: 1, event: note), At(day: 1, event: note, authorOffset: -0.0001)]) == [])
        #expect(
            try clocks([
                At(day: 1, event: note), At(day: 1, event: note, authorOffset: -0.2),
                At(day: 1, event: note, authorOffset: -0.1), At(day: 1.1, event: note),
            ]) == ["notable clock-stands-still 4,5"])
        #expect(
            try clocks([At(day: 4, event: note), At(day: 4, event: note, authorOffset: -3)])
                == ["notable clock-jump 4"])
        #expect(try clocks([At(day: 4, event: note)], day: 3) == ["notable clock-jump 3"])
    }

    // MARK: Reviews

    @Test("A root that was replaced is reported for ever: no review leaves it out")
    func replacedRoot() throws {
        // given
        let key = try #require(Ed25519.PublicKey([UInt8](repeating: 3, count: 32)))
        let replaced = KeyEvent.rootReplaced(
            RootReplacement(root: key, baseSize: 1, baseHead: SHA256Digest(), reason: "passphrase lost"),
            proof: [UInt8](repeating: 0, count: 64),
            endorsements: [
                RootEndorsement(author: KeyID(key, role: .author), signature: [UInt8](repeating: 0, count: 64))
            ])
        let events = at(1, Happened(type: "root.replaced", data: replaced.data))
        let before = try keyed(events)
        #expect(found(before, day: 2, month: "2026-01").contains("notable root-replaced 3"))
        let sentences = before.report(now: opened, thisMonth: label("2026-01")).findings.map(\.sentence)
        #expect(
            sentences.contains(
                "the root was replaced without its own consent: passphrase lost; "
                    + "endorsed by ws (\(KeyID(key, role: .author)))"))
        // when
        let signed = try keyed(events + at(2, try review(upTo: 3, before, day: 2, month: "2026-01")))
        // then
        #expect(found(signed, day: 2, month: "2026-01").filter { !$0.contains("never") } == ["notable root-replaced 3"])
    }

    private func review(upTo: Int, _ audit: Audit, day: Double, month: String) throws -> Happened {
        let now = Timestamp(milliseconds: opened.milliseconds + Int(day * Double(AuditLimits.day)))
        let findings = audit.report(now: now, thisMonth: label(month)).findings
        let review = Review(upTo: upTo, head: SHA256Digest(), reviewer: "auditor", findings: findings)
        return Happened(type: "review.signed", data: ReviewSigned.event(review).data)
    }

    @Test("What a reviewer has signed is left out; what came later, and what is so now, is not")
    func reviews() throws {
        // given
        let events = at(30, snapshot("2026-01"), registered(full("2026-01"))) + at(31, withdrawn("2026-01"))
        let before = audit(events)
        #expect(
            found(before, day: 60, month: "2026-03") == [
                "missing registered-not-sealed 3", "notable artifact-withdrawn 4", "missing month-missing ",
            ])
        // when
        let signed = audit(events + at(60, try review(upTo: 3, before, day: 60, month: "2026-03")))
        // then
        let rest = ["notable artifact-withdrawn 4", "missing month-missing "]
        #expect(found(signed, day: 60, month: "2026-03") == rest)
        #expect(found(signed, day: 60, month: "2026-03", all: true).count == 3)
        let report = signed.report(now: opened, thisMonth: label("2026-01"))
        #expect(report.signed == 1 && report.review?.reviewer == "auditor" && report.review?.upTo == 3)
        #expect(report.months.flatMap(\.lines).flatMap(\.records).contains(4))
        #expect(!report.months.contains { $0.records.contains(3) })
    }

    @Test("A review goes forward only, up to a record that is there, and has a name")
    func signing() {
        func sign(_ upTo: Int, by reviewer: String = "auditor") -> Command {
            .signReview(Review(upTo: upTo, head: SHA256Digest(), reviewer: reviewer, findings: []))
        }
        let events = month(full("2026-01"))
        given(events).when(sign(4)).then("review.signed").with("up_to", "4").with("findings", "[]")
        given(events).when(sign(5)).thenRefused("there is no record 5", .notFound)
        given(events).when(sign(0)).thenRefused("there is no record 0", .notFound)
        given(events).when(sign(2, by: "")).thenRefused("a reviewer's name is one line of text, and not empty")
        let reviewed = Happened(type: "review.signed", data: ["up_to": .integer(3), "reviewer": .string("auditor")])
        given(events + [reviewed]).when(sign(3)).thenRefused("everything up to record 3 is signed already")
        given(events + [reviewed]).when(sign(4)).then("review.signed")
    }

    @Test("The story tells each month, a label in one sentence")
    func text() {
        let x = Happened(type: "x.disk.check", data: [:])
        let audit = audit(
            at(
                30, snapshot("2026-01"), x, sealed(full("2026-01"), bytes: 3 << 20),
                registered(full("2026-01"), bytes: 3 << 20))
                + at(31, x, x))
        let months = audit.report(now: opened, thisMonth: label("2026-01")).months
        #expect(months.map(\.month) == ["2026-01", "2026-02"])
        #expect(
            months.first?.lines.map(\.sentence) == [
                "the journal of dev was opened",
                "dev@2026-01: taken on day 31, sealed as full (rule -), 3.0 MiB, registered", "1 event x.disk.check",
            ])
        #expect(months.last?.lines.map(\.sentence) == ["2 events x.disk.check"])
        #expect(months.last?.records == 6...7)
    }
}
