import Backup
import JournalFormat
import JournalStore
import Machines
import TestMachines
import Testing

@Suite("Appending what scripts say")
struct ScriptAppendTests {
    private let server: TestMachine

    init() throws { server = try TestMachine.server() }

    private func event(_ type: String, _ data: JSONObject = [:], id: EventID? = nil) throws -> ScriptEvent {
        ScriptEvent(try #require(EventType(type)), data, id: id)
    }

    private func batch(_ text: String) throws -> [BatchLine] { try BatchLine.all(Array(text.utf8)) }

    private func fresh() -> EventID { EventID(at: server.clock.now(), random: [UInt8](repeating: 7, count: 10)) }

    // MARK: One event

    @Test("an event of the script's own is recorded by the server, or by the workstation where it says so")
    func recorded() throws {
        let first = try SingleAppend(server.machine, nil).run(event("x.mine"), expecting: 3)
        let second = try SingleAppend(server.machine, .workstation).run(event("x.mine"), expecting: 4)
        #expect([first.seq, second.seq] == [4, 5])
        #expect(server.reporter.receipts == [first, second])
        var authors: [KeyID] = []
        _ = try server.machine.replay { record, _ in authors.append(record.event.author) }
        #expect(authors.suffix(2) == [server.sequencer.id, server.author.id])
    }

    @Test("the same id is recorded once, and refused with other content")
    func id() throws {
        let id = fresh()
        let first = try SingleAppend(server.machine, nil).run(event("x.mine", ["n": .integer(1)], id: id), expecting: 3)
        let again = try SingleAppend(server.machine, nil).run(event("x.mine", ["n": .integer(1)], id: id), expecting: 3)
        #expect(again.seq == first.seq)
        #expect(!again.isNew)
        #expect(throws: JournalError.self) {
            _ = try SingleAppend(server.machine, nil).run(event("x.mine", ["n": .integer(2)], id: id), expecting: nil)
        }
    }

    @Test("another size than expected is refused")
    func size() throws {
        let error = #expect(throws: JournalError.self) {
            _ = try SingleAppend(server.machine, nil).run(event("x.mine"), expecting: 2)
        }
        guard case .expectedSize(expected: 2, actual: 3) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a snapshot that was recorded before is answered with its record")
    func snapshot() throws {
        let data: JSONObject = [
            "label": .string("dev@2026-01"), "uuid": .string(TestMachine.uuid("2026-01")), "path": .string("/s"),
        ]
        let first = try SingleAppend(server.machine, nil).run(event("snapshot.taken", data), expecting: nil)
        server.reporter.forget()
        let again = try SingleAppend(server.machine, nil).run(event("snapshot.taken", data), expecting: nil)
        #expect(again.seq == first.seq)
        #expect(!again.isNew)
        #expect(server.reporter.receipts == [again])
    }

    @Test(
        "what scripts may not say is refused",
        arguments: [
            ("artifact.uploaded", [:], AppendError.reserved(EventType(.artifactUploaded))),
            ("note", [:], .noteWithoutText),
            ("snapshot.taken", ["label": "dev@2026-01"], .snapshotLacks("uuid")),
            ("snapshot.taken", ["label": "januar", "uuid": "u", "path": "/s"], .snapshotLabel("januar")),
            ("snapshot.taken", ["label": "dev@2026-01", "uuid": "u", "path": "/s"], .snapshotUUID("u")),
        ] as [(String, [String: String], AppendError)])
    func refused(type: String, members: [String: String], error: AppendError) throws {
        var data = JSONObject()
        for (key, value) in members { data[key] = .string(value) }
        #expect(throws: error) { _ = try SingleAppend(server.machine, nil).run(event(type, data), expecting: nil) }
        #expect(try server.types().count == 3)
    }

    // MARK: A batch

    @Test("a batch is recorded as one, with a receipt a line")
    func batch() throws {
        let lines = try batch(#"{"type":"x.a","data":{}}"# + "\n" + #"{"type":"x.b","data":{"n":1}}"# + "\n")
        let receipts = try AppendBatch(server.machine, nil).run(lines, expecting: 3)
        #expect(receipts.map(\.seq) == [4, 5])
        #expect(try server.types().suffix(2) == ["x.a", "x.b"])
    }

    @Test("one line that cannot be recorded names itself, and none is recorded")
    func badLine() throws {
        let lines = try batch(#"{"type":"x.a","data":{}}"# + "\n" + #"{"type":"artifact.uploaded","data":{}}"# + "\n")
        let error = #expect(throws: BatchLineError.self) {
            _ = try AppendBatch(server.machine, nil).run(lines, expecting: nil)
        }
        #expect(error?.line == 2)
        #expect(error?.reason as? AppendError == .reserved(EventType(.artifactUploaded)))
        #expect(try server.types().count == 3)
    }

    @Test("a month that is taken twice in one batch is refused")
    func twice() throws {
        func line(_ uuid: String) -> String {
            #"{"type":"snapshot.taken","data":{"label":"dev@2026-01","uuid":"\#(uuid)","path":"/s"}}"# + "\n"
        }
        let lines = try batch(line(TestMachine.uuid("2026-01")) + line(TestMachine.uuid("2026-02")))
        let error = #expect(throws: BatchLineError.self) {
            _ = try AppendBatch(server.machine, nil).run(lines, expecting: nil)
        }
        #expect(error?.reason as? AppendError == .takenTwice(TestMachine.label("2026-01")))
    }

    @Test(
        "a line that is not an event names itself",
        arguments: [
            "[]", "{", #"{"type":"x.a"}"#, #"{"data":{}}"#, #"{"type":"x.a","data":{},"more":1}"#,
            #"{"type":"x.a","data":{},"id":"1"}"#, #"{"type":"X","data":{}}"#,
        ])
    func shape(line: String) {
        let error = #expect(throws: BatchLineError.self) {
            _ = try batch(#"{"type":"x.a","data":{}}"# + "\n" + line + "\n")
        }
        #expect(error?.line == 2)
    }

    @Test("nothing on standard input is refused")
    func empty() {
        #expect(throws: AppendError.noEvents) { _ = try batch("") }
    }

    // MARK: Through the outbox

    @Test("a workstation whose server is away says it into its outbox, once for each id")
    func outbox() throws {
        let workstation = try server.workstation()
        let id = fresh()
        let append = try OutboxAppend(workstation.machine)
        let first = try append.run([event("x.mine", id: id), event("x.mine")])
        #expect(first.map(\.isNew) == [true, true])
        #expect(workstation.reporter.queued == first.map(\.id))
        #expect(try append.run([event("x.mine", id: id)]) == [.init(id: id, isNew: false)])
        #expect(throws: AppendError.saidWithOtherContent(id)) {
            _ = try append.run([event("x.mine", ["n": .integer(1)], id: id)])
        }
    }

    @Test("a snapshot is said once, though nothing was delivered yet")
    func outboxSnapshot() throws {
        let workstation = try server.workstation()
        let append = try OutboxAppend(workstation.machine)
        let data: JSONObject = [
            "label": .string("dev@2026-01"), "uuid": .string(TestMachine.uuid("2026-01")), "path": .string("/s"),
        ]
        let first = try append.run([event("snapshot.taken", data)])
        let again = try append.run([event("snapshot.taken", data)])
        #expect(again == [.init(id: first[0].id, isNew: false)])
        #expect(workstation.reporter.queued == [first[0].id])
    }

    // MARK: Data

    @Test("members are text, or JSON after a colon, and come on top of a document")
    func members() throws {
        let data = try EventData.read(["a=1", "b:=2"], object: Array(#"{ "c" : [ 3 ] }"#.utf8))
        #expect(JSONValue.object(data).text == #"{"c":[3],"a":"1","b":2}"#)
        #expect(throws: AppendError.givenTwice("c")) {
            _ = try EventData.read(["c=1"], object: Array(#"{"c":1}"#.utf8))
        }
        #expect(throws: AppendError.notAMember("=1")) { _ = try EventData.read(["=1"], object: nil) }
        #expect(throws: AppendError.dataNotAnObject) { _ = try EventData.read([], object: Array("[]".utf8)) }
        let error = #expect(throws: AppendError.self) { _ = try EventData.read(["a:=1.5"], object: nil) }
        #expect(error?.kind == .usage)
    }
}
