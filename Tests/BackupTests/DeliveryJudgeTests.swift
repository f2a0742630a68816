import Backup
import Digest
import JournalFixtures
import JournalFormat
import Testing

@Suite("Judging delivered events")
struct DeliveryJudgeTests {
    private let workstation: JournalKey
    private let sequencer: JournalKey
    private let root: JournalKey
    private let log: EventID
    private let keyring: Keyring
    private let time = Timestamp(milliseconds: 1_769_889_600_000)

    init() throws {
        let vectors = try Vectors()
        workstation = try vectors.key(.author)
        sequencer = try vectors.key(.sequencer)
        root = try vectors.key(.root)
        // It enrols that workstation.
        let verifier = try Self.journal()
        let id = verifier.log
        log = try #require(id)
        keyring = verifier.keyring
    }

    private static func journal() throws -> Verifier {
        var verifier = Verifier()
        for line in try Fixtures.lines("good-month") { try verifier.accept(line.span) }
        return verifier
    }

    private func event(
        _ number: UInt8, _ type: String = "note", _ data: JSONObject = ["text": .string("x")],
        by key: JournalKey? = nil, log: EventID? = nil
    ) throws -> [UInt8] {
        SignedEvent(
            id: EventID(at: time, random: [UInt8](repeating: number, count: 10)), log: log ?? self.log,
            type: try #require(EventType(type)), ts: time, data: data, signedBy: key ?? workstation
        ).bytes
    }

    private func verdicts(
        _ events: [[UInt8]], standing: [EventID: DeliveryJudge.Standing] = [:], keyring: Keyring? = nil
    ) -> [String] {
        var judge = DeliveryJudge(log: log, keyring: keyring ?? self.keyring, state: .initial, standing: standing)
        return events.map { event in
            switch judge.judge(event) {
            case .record: "record"
            case .recorded(let seq): "recorded \(seq)"
            case .repeats(let index): "repeats \(index)"
            case .later(let why): "later \(why.name)"
            case .never(let why): "never \(why.name)"
            }
        }
    }

    @Test("What a workstation may say is recorded, whatever the policies think of it")
    func facts() throws {
        let snapshot: JSONObject = ["label": .string("dev@2999-01"), "uuid": .string("u"), "path": .string("/p")]
        let events = [
            try event(1), try event(2, "x.mine", [:]), try event(3, "snapshot.taken", snapshot),
            try event(4, "snapshot.taken", snapshot), try event(5, "witness.accepted", [:]),
        ]
        #expect(verdicts(events) == Array(repeating: "record", count: 5))
    }

    @Test("One bad event stops no other, and each is refused by its own name")
    func refusals() throws {
        var forged = try event(1)
        forged.replaceSubrange(forged.count - 10..<forged.count - 4, with: "AAAAAA".utf8)
        let other = try #require(EventID("019c15a8-a5e0-7000-8000-000000000001"))
        let events: [([UInt8], String)] = [
            (forged, "never event-signature"),
            (Array("{}".utf8), "never syntax"),
            ([], "never syntax"),
            (try event(2) + [0x20], "never syntax"),
            (try event(3, log: other), "never log"),
            (try event(4, "artifact.uploaded"), "never role"),
            (try event(5, by: sequencer), "never role"),
            (try event(6, "root.enrolled", by: root), "never role"),
            (try event(7, "snapshot.taken", [:]), "never unreadable-data"),
            (try event(8, "x.big", ["a": .string(String(repeating: "a", count: 65_200))]), "never too-large"),
            (try event(9), "record"),
        ]
        #expect(verdicts(events.map(\.0)) == events.map(\.1))
    }

    @Test("What the server cannot judge yet waits: an unknown key, a type or schema that it does not know")
    func later() throws {
        let stranger = try signingKey(seed: String(repeating: "03", count: 32), role: .author)
        let text = String(decoding: try event(1), as: UTF8.self)
        let schema = text.replacing("\"schema\":1", with: "\"schema\":2")
        #expect(
            verdicts([try event(2, by: stranger), try event(3, "snapshot.frozen"), try event(4)])
                == ["later unknown-key", "later unknown-type", "record"])
        // The signature is judged before the schema is.
        #expect(verdicts([Array(schema.utf8)]) == ["never event-signature"])
    }

    @Test("An event that stands in the journal is answered with its record; its id with other content is refused")
    func again() throws {
        let (first, other) = (try event(1), try event(1, "note", ["text": .string("other")]))
        let id = try EventLayout(first.span).id
        let standing = [id: DeliveryJudge.Standing(seq: 9, bytes: first)]
        #expect(verdicts([first, other], standing: standing) == ["recorded 9", "never id-taken"])
        #expect(verdicts([try event(2), first, first, other]) == ["record", "record", "repeats 1", "never id-taken"])
    }

    @Test("A key that was retired says nothing any more")
    func retired() throws {
        var verifier = try Self.journal()
        let retirement = KeyEvent.keyRetired(workstation.id, reason: "stolen")
        let signed = SignedEvent(
            id: EventID(at: time, random: [UInt8](repeating: 9, count: 10)), log: log, type: retirement.type, ts: time,
            data: retirement.data, signedBy: sequencer)
        let place = RecordPlace(
            log: log, epoch: 1, seq: verifier.size + 1, prev: verifier.head, ts: verifier.lastTime)
        let line = signed.line(at: place, signedBy: sequencer)
        try verifier.accept(line.span)
        #expect(verdicts([try event(1)], keyring: verifier.keyring) == ["never retired-key"])
    }

    @Test("What is let through, the verifier lets through at the largest numbers a line can hold")
    func largest() throws {
        let place = RecordPlace(
            log: log, epoch: (1 << 53) - 1, seq: (1 << 53) - 1, prev: SHA256Digest(), ts: time)
        let line = SignedEvent(bytes: []).line(at: place, signedBy: sequencer)
        #expect(line.count + SignedEvent.maximumLength == RecordLayout.maximumLineLength)
    }
}
