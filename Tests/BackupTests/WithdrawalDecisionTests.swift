import JournalFormat
import Testing

@testable import Backup

@Suite("Withdrawing an artifact")
struct WithdrawalDecisionTests {
    private let chain =
        month(full("2026-01")) + month(increment("2026-02", from: "2026-01"), bytes: 10)
        + month(increment("2026-03", from: "2026-02"), bytes: 10)

    private func withdraw(
        _ month: String, reason: String = "false", withChildren: Bool = false, login: String? = nil
    ) -> Command {
        .withdraw(label(month), reason: reason, withChildren: withChildren, login: login)
    }

    private func labels(_ outcome: Outcome) throws -> [String?] {
        try outcome.result.get().map { $0.data["label"]?.string }
    }

    @Test("It is recorded with hash, reason and who asked")
    func members() throws {
        let event = try #require(try given(chain).when(withdraw("2026-03", login: "chuck")).result.get().first)
        #expect(event.author == .sequencer)
        #expect(
            JSONValue.object(event.data).text
                == #"{"label":"dev@2026-03","sha256":"\#(sha256(""))","reason":"false","login":"chuck"}"#)
    }

    @Test("What others build on is withdrawn only with them, the newest first")
    func children() throws {
        given(chain).when(withdraw("2026-01")).thenRefused("is needed by dev@2026-02 and dev@2026-03")
        given(chain).when(withdraw("2026-02")).thenRefused("is needed by dev@2026-03")
        let all = given(chain).when(withdraw("2026-01", withChildren: true))
        all.then("artifact.withdrawn", "artifact.withdrawn", "artifact.withdrawn")
        #expect(try labels(all) == ["dev@2026-03", "dev@2026-02", "dev@2026-01"])
        // An anchor of its own does not build on it.
        given(chain + month(full("2026-04"))).when(withdraw("2026-03")).then("artifact.withdrawn")
    }

    @Test("Where a crash cut the events off, the same command withdraws the rest")
    func cutOff() throws {
        let rest = given(chain + [withdrawn("2026-03")]).when(withdraw("2026-01", withChildren: true))
        #expect(try labels(rest) == ["dev@2026-02", "dev@2026-01"])
        #expect(try RestorePlan(label("2026-02"), given(chain + [withdrawn("2026-03")]).state).steps.count == 2)
        given(chain + [withdrawn("2026-03"), withdrawn("2026-02"), withdrawn("2026-01")])
            .when(withdraw("2026-01", withChildren: true)).then()
    }

    @Test("Unknown labels, other data sets and reasons of no or several lines are refused")
    func refusals() {
        given(chain).when(withdraw("2026-04")).thenRefused("no artifact of dev@2026-04", .notFound)
        given(chain).when(withdraw("home@2026-03")).thenRefused("is not of data set dev")
        for reason in ["", "two\nlines", "\u{1b}[31m", String(repeating: "a", count: 1001)] {
            given(chain).when(withdraw("2026-03", reason: reason)).thenRefused("a reason is one line of text")
        }
    }

    @Test("All of the label is forgotten, but for what was withdrawn")
    func forgotten() throws {
        let restored = [
            Happened(
                type: "snapshot.restored",
                data: [
                    "label": .string("dev@2026-03"), "uuid": .string(uuid("2026-03", 9)),
                    "received_uuid": .string(uuid("2026-03")), "path": .string("/received/dev@2026-03"),
                ]),
            Happened(
                type: "worktree.updated", data: ["label": .string("dev@2026-03"), "path": .string("/code")]),
        ]
        let state = given(chain + restored + [withdrawn("2026-03")]).state
        let march = label("2026-03")
        #expect(state.latest == label("2026-02") && state.worktree == nil)
        #expect(state.snapshots[march] == nil && state.sealed(march) == nil && state.entries[march] == nil)
        #expect(state.restored[march] == nil && state.restoredUUIDs[march] == nil && state.receivedUUIDs[march] == nil)
        let left = try #require(state.withdrawals.first)
        #expect(left.name == increment("2026-03", from: "2026-02") && left.sha256 == sha256(""))
        #expect(left.uuid == uuid("2026-03") && left.restoredPath == "/received/dev@2026-03" && left.wasFollowed)
        #expect(left.reason == "bad disk" && left.record == state.seq)
        #expect(state.policy.next(march).kind == .incremental(parent: label("2026-02")))
    }

    @Test("What a push, a scrub or a restore says of it afterwards changes nothing and stops nobody")
    func late() {
        let late = [
            uploaded("2026-03"),
            Happened(
                type: "artifact.verified",
                data: [
                    "label": .string("dev@2026-03"), "sha256": .string(sha256("")), "bytes": .integer(100),
                    "result": .string("missing"),
                ]),
            Happened(
                type: "artifact.stored",
                data: [
                    "label": .string("dev@2026-03"), "sha256": .string(sha256("")), "bytes": .integer(100),
                    "local_path": .string("a"), "object_key": .string("k"),
                ]),
            Happened(
                type: "snapshot.restored",
                data: [
                    "label": .string("dev@2026-03"), "uuid": .string(uuid("2026-03", 9)),
                    "received_uuid": .string(uuid("2026-03")), "path": .string("/received/dev@2026-03"),
                ]),
            Happened(type: "worktree.updated", data: ["label": .string("dev@2026-03"), "path": .string("/code")]),
            withdrawn("2026-03"),
        ]
        let before = given(chain + [withdrawn("2026-03")]).state
        for event in late {
            let after = given(chain + [withdrawn("2026-03"), event]).state
            #expect(after.seq == before.seq + 1, "\(event.type)")
            #expect(
                after.order == before.order && after.entries == before.entries && after.restored.isEmpty
                    && after.worktree == nil && after.withdrawals == before.withdrawals, "\(event.type)")
        }
        // Nor does it touch what was registered under the label since.
        let anew =
            chain + [
                withdrawn("2026-03"), snapshot("2026-03", uuid: uuid("2026-03", 2)),
                Happened(
                    type: "artifact.sealed",
                    data: sealed(full("2026-03"), content: "new").data.with("uuid", uuid("2026-03", 2))),
                registered(full("2026-03"), content: "new"),
            ]
        let story = given(anew + late.filter { $0.type != "worktree.updated" })
        #expect(story.state.entries == given(anew).state.entries && story.state.restored.isEmpty)
        #expect(story.state.latest == label("2026-03"))
    }

    @Test("Only a label above the newest remaining one is registered again, and the same bytes never")
    func again() {
        let gone = chain + [withdrawn("2026-03"), snapshot("2026-03"), sealed(full("2026-03"), content: "new")]
        given(gone).when(register(full("2026-03"), content: "new")).then("artifact.registered")
        given(gone + [sealed(full("2026-03"))]).when(register(full("2026-03")))
            .thenRefused("was withdrawn as dev@2026-03 (record 11): bad disk")
        // Not under another label either.
        given(gone + [snapshot("2026-04"), sealed(full("2026-04"))]).when(register(full("2026-04")))
            .thenRefused("was withdrawn as dev@2026-03")
        let middle = month(full("2026-01")) + month(full("2026-02")) + month(full("2026-03"))
        given(middle + [withdrawn("2026-02")]).when(take("2026-02")).thenRefused("labels only grow")
    }

    @Test("Imported artifacts are withdrawn like others, and never imported again")
    func imported() throws {
        let row =
            #"{"label":"dev@2026-01","type":"full","parent":null,"name":"dev@2026-01.full.send.zst.age","#
            + #""bytes":5,"sha256":"\#(sha256("old"))","local_path":"artifacts/anchors/old","object_key":null,"ts":null}"#
        let source = #"{"name":"old.tsv","sha256":"\#(sha256("tsv"))","bytes":9}"#
        let data = try JSONValue(
            parsing: Array(#"{"source":\#(source),"part":1,"parts":1,"rows":[\#(row)]}"#.utf8))
        let events = [Happened(type: "manifest.imported", data: try #require(data.object))]
        given(events).when(withdraw("2026-01")).then("artifact.withdrawn").with("sha256", "\"\(sha256("old"))\"")
        let state = given(events + [withdrawn("2026-01", content: "old")]).state
        #expect(state.order.isEmpty && state.withdrawals.first?.localPath == "artifacts/anchors/old")
        #expect(state.withdrawals.first?.uuid == nil)
    }

    @Test("A future month that was taken, sealed or registered never makes a later one impossible")
    func future() {
        let january = month(full("2026-01"))
        let claims = [snapshot("9999-12"), sealed(full("9999-12"), content: "false")]
        let february = increment("2026-02", from: "2026-01")
        // given claims alone
        given(january + claims).when(take("2026-02"), in: "2026-02").then("snapshot.taken")
        given(january + claims + [snapshot("2026-02")]).when(seal(february, content: "b"), in: "2026-02")
            .then("artifact.sealed")
        given(january + claims + [snapshot("2026-02"), sealed(february, content: "b")])
            .when(register(february, content: "b"), in: "2026-02").then("artifact.registered")
        // The claimed one itself is refused until its month has come.
        given(january + claims).when(register(full("9999-12"), content: "false"), in: "2026-02")
            .thenRefused("is registered in its month at the earliest, and this is 2026-02", .later)
        // given one that an earlier version has registered
        let wrong = january + claims + [registered(full("9999-12"), content: "false")]
        let refused = given(wrong).when(take("2026-02"), in: "2026-02")
        refused.thenRefused("labels only grow")
        #expect(throws: DecisionError.self) { try refused.result.get() }
        if case .failure(let refusal) = refused.result {
            #expect(refusal.hint?.contains("devjournal withdraw dev@9999-12 --reason") == true)
        }
        given(wrong + [withdrawn("9999-12", content: "false")]).when(take("2026-02"), in: "2026-02")
            .then("snapshot.taken")
    }

    @Test(
        "A full one that was not due says why, when it is sealed and when it is registered",
        arguments: [
            (true, nil, #"{"rule":"parent_missing","parent":"dev@2026-01"}"#),
            (false, "it would be larger", #"{"rule":"unfit_increment","why":"it would be larger"}"#),
            (false, nil, #"{"rule":"requested"}"#),
        ] as [(Bool, String?, String)])
    func reasonOfEarlyAnchor(lacksParent: Bool, unfitIncrement: String?, reason: String) throws {
        let events = month(full("2026-01"), bytes: 100) + [snapshot("2026-02")]
        let command = Command.recordSealing(
            .init(
                artifact: .init(name: full("2026-02"), bytes: 100, sha256: sha256("b"), reason: nil),
                stream: .init(uuid: uuid("2026-02"), parentUUID: nil, bytes: 300), streamVersion: 1,
                recipients: ["age1x"], tools: [:], lacksParent: lacksParent, unfitIncrement: unfitIncrement))
        let sealing = given(events).when(command)
        sealing.then("artifact.sealed").with("reason", reason)
        let event = try #require(try sealing.result.get().first)
        given(events + [Happened(type: "artifact.sealed", data: event.data)])
            .when(register(full("2026-02"), content: "b")).then("artifact.registered").with("reason", reason)
        // Where an anchor is due anyway, that is the reason.
        given([snapshot("2026-02")]).when(command).with("reason", #"{"rule":"first"}"#)
    }

    @Test("An audit tells which record withdrew it, who asked and why, and nothing of it after that")
    func audited() throws {
        // given
        var audit = Audit(usesMirror: true)
        let withdrawal = Happened(
            type: "artifact.withdrawn", data: withdrawn("2026-03").data.with("login", "chuck"))
        let damaged = Happened(
            type: "artifact.verified",
            data: [
                "label": .string("dev@2026-03"), "sha256": .string(sha256("")), "bytes": .integer(100),
                "result": .string("missing"),
            ])
        let events =
            [Happened(type: "journal.opened", data: ["dataset": .string("dev")])]
            + chain.prefix(6) + [uploaded("2026-01"), uploaded("2026-02")] + chain.suffix(3) + [withdrawal, damaged]
        // when
        for (index, event) in events.enumerated() { audit.take(record(event, index + 1)) }
        let report = audit.report(now: record(events[0], events.count).ts, thisMonth: label("2026-02"))
        // then
        let told = report.findings.filter { $0.subject == "dev@2026-03" }
        #expect(told.map(\.slug) == [.artifactWithdrawn])
        #expect(told.first?.records == [13])
        #expect(told.first?.sentence.contains("dev@2026-03 was withdrawn by chuck, by the key of ") == true)
        #expect(told.first?.sentence.hasSuffix(": bad disk") == true)
    }
}

extension JSONObject {
    fileprivate func with(_ key: String, _ text: String) -> JSONObject {
        var object = self
        object[key] = .string(text)
        return object
    }
}
