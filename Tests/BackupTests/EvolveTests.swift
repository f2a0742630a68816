import JournalFormat
import Testing

@testable import Backup

@Suite("What projections cannot read they refuse, naming the record")
struct EvolveTests {
    private func refusal(_ event: Happened, after events: [Happened] = []) -> ProjectionError? {
        var state = given(events).state
        let before = (state.seq, Manifest.tsv(state), StateEnv.text(state))
        do throws(ProjectionError) {
            try evolve(&state, record(event, state.seq + 1))
            return nil
        } catch {
            // The state stays as it was.
            #expect(before == (state.seq, Manifest.tsv(state), StateEnv.text(state)))
            return error
        }
    }

    private func changed(_ event: Happened, _ member: String, _ value: JSONValue?) -> Happened {
        var data = JSONObject()
        for old in event.data.members where old.key != member { data[old.key] = old.value }
        if let value { data[member] = value }
        return Happened(type: event.type, data: data)
    }

    @Test("Unknown core types and schemas", arguments: ["unheard.of", "snapshot", "artifact.lost", "xx.mine"])
    func unknownTypes(_ type: String) {
        let found = refusal(Happened(type: type, data: [:]), after: [snapshot("2026-01")])
        #expect(found == ProjectionError(record: 3, message: "this version does not know \(type) of schema 1"))
    }

    @Test("A known type of another schema; a user's own types may have any")
    func schemas() {
        var event = snapshot("2026-01")
        event.schema = 2
        #expect(refusal(event)?.description == "record 2: this version does not know snapshot.taken of schema 2")
        #expect(refusal(Happened(type: "x.mine", data: [:], schema: 7)) == nil)
    }

    @Test("Every core type is read, or told")
    func coreTypes() throws {
        let told = [
            "kit.made", "restore.released", "journal.repaired", "drill.completed",
            "witness.accepted", "note", "key.enrolled", "key.retired", "root.enrolled", "root.retired", "root.replaced",
            "epoch.started",
        ]
        for type in told { #expect(refusal(Happened(type: type, data: [:])) == nil) }
        let read = [
            "snapshot.taken", "artifact.sealed", "artifact.registered", "artifact.uploaded", "artifact.stored",
            "artifact.verified",
            "artifact.withdrawn", "recipient.set", "manifest.imported", "review.signed", "snapshot.restored",
            "worktree.updated", "journal.succeeds",
        ]
        for type in read {
            #expect(try #require(EventType(type)).isKnown)
            #expect(refusal(Happened(type: type, data: [:]))?.message.contains("\(type) has no proper") == true)
        }
    }

    @Test("Each member that a projection needs is missed when it is not there, empty or of another kind")
    func members() {
        let artifact = month(increment("2026-02", from: "2026-01"))
        let examples: [(Happened, [String])] = [
            (snapshot("2026-02"), ["label", "uuid", "path"]),
            (artifact[1], ["label", "type", "name", "bytes", "sha256", "uuid", "stream_bytes"]),
            (artifact[2], ["label", "type", "name", "bytes", "sha256", "local_path"]),
            (uploaded("2026-01"), ["label", "sha256", "object_key", "store"]),
            (withdrawn("2026-01"), ["label", "sha256"]),
            (Happened(type: "recipient.set", data: ["recipients": .array([])]), ["recipients"]),
        ]
        for (event, names) in examples {
            #expect(refusal(event, after: month(full("2026-01"))) == nil)
            for name in names {
                for value in [nil, .null, .string(""), .integer(-1), .array([.null]), .object([:]), .bool(true)]
                    as [JSONValue?]
                {
                    let found = refusal(changed(event, name, value), after: month(full("2026-01")))
                    #expect(
                        found == ProjectionError(record: 5, message: "\(event.type) has no proper \(name)"),
                        "\(name) as \(value?.text ?? "nothing")")
                }
            }
        }
    }

    @Test("A parent that is not a label is not taken for none, and a tab cannot get into the manifest")
    func hostileValues() {
        let anchor = registered(full("2026-01"))
        for value in [.string("x"), .string(""), .integer(1), .array([])] as [JSONValue] {
            #expect(refusal(changed(anchor, "parent", value))?.message == "artifact.registered has no proper parent")
        }
        #expect(
            refusal(changed(anchor, "parent", .string("dev@2025-12")))?.message
                == "artifact.registered has no proper type")
        #expect(refusal(changed(anchor, "parent", nil)) == nil)
        for text in ["a\tb", "a\nb", "\u{0}"] {
            #expect(
                refusal(changed(anchor, "local_path", .string(text)))?.message
                    == "artifact.registered has no proper local_path")
        }
        #expect(refusal(changed(anchor, "name", .string("other")))?.message == "artifact.registered has no proper name")
    }

    @Test("Events of artifacts that are not registered like that")
    func unregistered() {
        for event in [uploaded("2026-01"), withdrawn("2026-01")] {
            #expect(refusal(event)?.message == "\(event.type) of dev@2026-01, which is not registered like that")
        }
        #expect(refusal(uploaded("2026-01", content: "x"), after: month(full("2026-01")))?.record == 5)
        #expect(
            refusal(registered(full("2026-01")), after: month(full("2026-01")))?.message
                == "dev@2026-01 is registered twice")
    }
}
