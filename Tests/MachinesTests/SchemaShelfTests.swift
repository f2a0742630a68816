import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import TestMachines
import Testing

@Suite("Events that have a schema")
struct SchemaShelfTests {
    private let server: TestMachine
    private static let schema = #"{ "type": "object", "properties": { "n": { "type": "integer", "minimum": 1 } } }"#

    init() throws {
        server = try TestMachine.server(["SCHEMA_DIR={}/schemas"])
        try plant(server.folder.appending("schemas/x.build.json"), Array(Self.schema.utf8))
    }

    private func event(_ type: String, _ data: JSONObject) throws -> ScriptEvent {
        ScriptEvent(try #require(EventType(type)), data, id: nil)
    }

    private func append(_ type: String, _ data: JSONObject) throws -> AppendError? {
        do {
            _ = try SingleAppend(server.machine, nil).run(event(type, data), expecting: nil)
            return nil
        } catch let error as AppendError {
            return error
        }
    }

    @Test("one that fits is recorded; one that does not is refused, with the place and the schema's file")
    func single() throws {
        #expect(try append("x.build", ["n": .integer(1)]) == nil)
        let before = try server.types().count
        let error = try #require(try append("x.build", ["n": .integer(0)]))
        #expect(error.description == "x.build does not fit its schema: /n must be at least 1")
        #expect(error.hint == "nothing was recorded; the schema is \(server.folder)/schemas/x.build.json")
        #expect(error.kind == .refused)
        #expect(try server.types().count == before)
    }

    @Test("a type without a schema takes any data, and so does a note")
    func others() throws {
        #expect(try append("x.other", ["n": .integer(0)]) == nil)
        #expect(try append("note", ["text": .string("a"), "n": .integer(0)]) == nil)
    }

    @Test("of a batch nothing is recorded, and the line is named")
    func batch() throws {
        let texts = ["1", "0"].map { #"{"type":"x.build","data":{"n":\#($0)}}"# }
        let lines = try BatchLine.all(Array(texts.joined(separator: "\n").utf8))
        let before = try server.types().count
        let error = #expect(throws: BatchLineError.self) {
            _ = try AppendBatch(server.machine, nil).run(lines, expecting: nil)
        }
        #expect(error?.line == 2 && "\(error?.reason ?? AppendError.noEvents)".contains("/n must be at least 1"))
        #expect(try server.types().count == before)
    }

    @Test("on a workstation it does not enter the outbox")
    func outbox() throws {
        let workstation = try server.workstation(["SCHEMA_DIR={}/schemas"])
        try plant(workstation.folder.appending("schemas/x.build.json"), Array(Self.schema.utf8))
        #expect(throws: AppendError.self) {
            _ = try OutboxAppend(workstation.machine).run([event("x.build", ["n": .integer(0)])])
        }
        #expect(WorkstationFiles(workstation.machine.workstationState).outbox.isEmpty)
        #expect(try OutboxAppend(workstation.machine).run([event("x.build", ["n": .integer(2)])]).count == 1)
    }

    @Test(
        "a schema that cannot be read refuses every event of its type, and says why",
        arguments: [
            (#"{"pattern":"a"}"#, "/pattern is not a keyword that is checked here"), ("{", "JSON"),
            (#"{"type":"object","type":"object"}"#, "x.build.json cannot be used"),
            (#"{"minimum":1.5}"#, "x.build.json cannot be used"),
            ("[]", "it is not an object"),
        ])
    func unusable(text: String, why: String) throws {
        try plant(server.folder.appending("schemas/x.build.json"), Array(text.utf8))
        let error = try #require(try append("x.build", ["n": .integer(1)]))
        #expect(error.description.contains(why), "\(error.description)")
        #expect(error.kind == .refused)
    }

    @Test("a directory that is not there is an error, not no schema")
    func noDirectory() throws {
        let machine = try server.with(["SCHEMA_DIR={}/elsewhere"])
        #expect(throws: AppendError.self) {
            _ = try SingleAppend(machine, nil).run(event("x.build", ["n": .integer(1)]), expecting: nil)
        }
    }
}
