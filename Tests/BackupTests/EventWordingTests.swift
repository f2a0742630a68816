import Digest
import JournalFormat
import Testing

@testable import Backup

@Suite("How events read to a person")
struct EventWordingTests {
    /// Data with what the wordings of all core types name.
    private static let data: JSONObject = [
        "label": .string("dev@2026-01"), "type": .string("full"), "dataset": .string("dev"), "path": .string("/code"),
        "uuid": .string("5f1c9a52-7d3e-4b0a-9c68-2a41d07e6b93"), "bytes": .integer(2048), "store": .string("r2"),
        "sha256": .string(String(repeating: "a", count: 64)), "result": .string("damaged"), "to": .string("ws"),
        "chain": .array([.string("dev@2026-01")]), "local_path": .string("artifacts/x"), "kept": .string("torn-5"),
        "reason": .string("why"), "name": .string("ws"), "role": .string("author"), "kid": .string("k"),
        "recipients": .array([.string("age1x")]), "text": .string("a word"), "reviewer": .string("chuck"),
        "up_to": .integer(4), "base": .integer(3), "rows": .array([.object([:])]), "log": .string("id"),
        "source": .object(["name": .string("old.tsv")]), "epoch": .integer(2), "base_size": .integer(4),
        "size": .integer(1), "key": .string("k"), "sequencer": .string("k"), "method": .string("listing"),
    ]

    private func event(_ type: String, _ data: JSONObject) throws -> Event {
        let author = try #require(KeyID(String(repeating: "0", count: 32)))
        let id = try #require(EventID("019c15a4-1200-767e-aacb-e773cdde221d"))
        let ts = try #require(Timestamp("2026-01-31T20:05:00.000Z"))
        return Event(id: id, type: type, schema: 1, author: author, ts: ts, data: data)
    }

    @Test("None of them is shown as raw JSON, and each says something of its own", arguments: CoreEventType.allCases)
    func words(_ type: CoreEventType) throws {
        let event = try event(type.rawValue, Self.data)
        let line = EventWording.line(event)
        #expect(!line.contains("{") && !line.contains("  "), "\(line)")
        #expect(line.count > 3)
        switch type.declaration.wording.sentence {
        case .ofLabel(let tell), .ofItsOwn(let tell): #expect(!tell(EventWords(event)).isEmpty)
        }
        // Whatever a hostile or older writer has left out.
        #expect(!EventWording.line(try self.event(type.rawValue, [:])).contains("{"))
    }

    @Test("A check says what was found, and a line who asked and through which script")
    func claims() throws {
        var data = Self.data
        data["login"] = .string("chuck")
        data["script"] = .string("push_to_cloud.sh")
        let verified = EventWording.line(try event("artifact.verified", data))
        #expect(verified == "dev@2026-01 2.0 KiB checked: damaged (chuck, push_to_cloud.sh)")
        let uploaded = EventWording.line(try event("artifact.uploaded", Self.data))
        #expect(uploaded == "dev@2026-01 2.0 KiB to r2")
    }

    @Test("A release says what leaves: whole streams, some files, or names alone")
    func releases() throws {
        func line(_ paths: [String]?) throws -> String {
            var data = Self.data
            data["paths"] = paths.map { .array($0.map { .string($0) }) }
            return EventWording.line(try event("restore.released", data))
        }
        #expect(try line(nil) == "dev@2026-01 from dev@2026-01 to ws")
        #expect(try line([]) == "dev@2026-01 from dev@2026-01 to ws (names alone)")
        #expect(try line(["a", "b", "c"]) == "dev@2026-01 from dev@2026-01 to ws (a, b, c)")
        #expect(try line(["a", "b", "c", "d", "e"]) == "dev@2026-01 from dev@2026-01 to ws (a, b, c and 2 more)")
    }

    @Test("A user's own event is shown as it is")
    func own() throws {
        #expect(EventWording.line(try event("x.mine", ["n": .integer(1)])) == #"{"n":1}"#)
    }
}
