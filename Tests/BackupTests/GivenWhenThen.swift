import Digest
import JournalFormat
import Testing

@testable import Backup

/// Tests read: `given(events).when(command).then(events)`, or `.thenRefused(because)`.
func given(_ events: [Happened] = []) -> History { History(events) }

/// An event in the past, by what it says.
struct Happened {
    let type: String
    let data: JSONObject
    var schema = 1
    /// Which of several workstations says it.
    var author = 1

    func by(_ author: Int) -> Happened {
        var other = self
        other.author = author
        return other
    }
}

struct History {
    private(set) var state = BackupState.initial

    init(_ events: [Happened]) {
        for event in [Happened(type: "journal.opened", data: ["dataset": .string("dev")])] + events {
            do throws(ProjectionRefusal) { try evolve(&state, record(event, state.seq + 1)) } catch {
                Issue.record(error)
            }
        }
    }

    func when(_ command: Command, in month: String = "2026-12") -> Outcome {
        do throws(Refused) {
            return Outcome(
                state: state, result: .success(try decide(command, state, thisMonth: label(month))))
        } catch {
            return Outcome(state: state, result: .failure(error))
        }
    }
}

struct Outcome {
    let state: BackupState
    let result: Result<[NewEvent], Refused>

    /// These types of events, in this order; none where everything was there before.
    @discardableResult
    func then(_ types: String..., at location: SourceLocation = #_sourceLocation) -> Outcome {
        switch result {
        case .success(let events): #expect(events.map(\.type.description) == types, sourceLocation: location)
        case .failure(let refused): Issue.record(refused, sourceLocation: location)
        }
        return self
    }

    /// A member of the first event, written as JSON.
    @discardableResult
    func with(_ member: String, _ text: String, at location: SourceLocation = #_sourceLocation) -> Outcome {
        let value = try? result.get().first?.data[member]
        #expect(value?.text == text, sourceLocation: location)
        return self
    }

    func thenRefused(
        _ words: String, _ kind: Refused.Kind = .conflict, at location: SourceLocation = #_sourceLocation
    ) {
        guard case .failure(let refused) = result else {
            Issue.record("it was accepted", sourceLocation: location)
            return
        }
        #expect(refused.description.contains(words), sourceLocation: location)
        #expect(refused.kind == kind, sourceLocation: location)
        #expect(
            refused.description.last != "." && refused.description.first?.isUppercase != true, sourceLocation: location)
    }
}

/// The record that holds an event, at minute `seq` of a day.
func record(_ event: Happened, _ seq: Int) -> Record {
    let ts = Timestamp(milliseconds: 1_769_889_600_000 + seq * 60_000)
    let id = EventID(at: ts, random: [UInt8](repeating: UInt8(truncatingIfNeeded: seq), count: 10))
    guard let kid = KeyID("00000000000000000000000000000001"),
        let author = KeyID("0000000000000000000000000000000\(event.author)")
    else { preconditionFailure("32 digits") }
    let hash = Array("record \(seq) \(event.type) \(JSONValue.object(event.data).text)".utf8)
    return Record(
        seq: seq, epoch: 1, ts: ts, kid: kid,
        event: Event(id: id, type: event.type, schema: event.schema, author: author, ts: ts, data: event.data),
        hash: SHA256.hash(hash.span))
}

func label(_ month: String) -> Label {
    guard let label = Label(month.contains("@") ? month : "dev@\(month)") else {
        preconditionFailure("\(month) is not a month")
    }
    return label
}

func full(_ month: String) -> ArtifactName { ArtifactName(label(month), .full) }

func increment(_ month: String, from parent: String) -> ArtifactName {
    ArtifactName(label(month), .incremental(parent: label(parent)))
}

/// A subvolume's UUID that tells its month.
func uuid(_ month: String, _ number: Int = 1) -> String {
    "0000000\(number)-0000-4000-8000-00000\(month.replacing("-", with: "0"))"
}

func sha256(_ text: String) -> String { SHA256.hash(Array(text.utf8).span).hex }

// MARK: What happened

func snapshot(_ month: String, uuid: String? = nil) -> Happened {
    Happened(
        type: "snapshot.taken",
        data: [
            "label": .string("\(label(month))"), "uuid": .string(uuid ?? BackupTests.uuid(month)),
            "path": .string("/snapshots/\(label(month))"),
        ])
}

func artifact(_ type: String, _ name: ArtifactName, _ bytes: Int, _ content: String, _ more: JSONObject)
    -> Happened
{
    var data: JSONObject = [
        "label": .string("\(name.label)"), "type": .string(name.kind.type),
        "parent": name.kind.parent.map { .string("\($0)") } ?? .null, "name": .string("\(name)"),
        "bytes": .integer(bytes), "sha256": .string(sha256(content)),
    ]
    for member in more.members { data[member.key] = member.value }
    return Happened(type: type, data: data)
}

func sealed(_ name: ArtifactName, bytes: Int = 100, content: String = "") -> Happened {
    artifact(
        "artifact.sealed", name, bytes, content,
        [
            "uuid": .string(uuid(name.label.monthText)),
            "parent_uuid": name.kind.parent.map { .string(uuid($0.monthText)) } ?? .null,
            "stream_bytes": .integer(bytes * 3),
        ])
}

func registered(_ name: ArtifactName, bytes: Int = 100, content: String = "") -> Happened {
    artifact("artifact.registered", name, bytes, content, ["local_path": .string(name.localPath)])
}

func uploaded(_ month: String, content: String = "") -> Happened {
    Happened(
        type: "artifact.uploaded",
        data: [
            "label": .string("\(label(month))"), "sha256": .string(sha256(content)), "bytes": .integer(100),
            "object_key": .string("dev/\(month)"), "store": .string("r2"),
        ])
}

func withdrawn(_ month: String, content: String = "") -> Happened {
    Happened(
        type: "artifact.withdrawn",
        data: ["label": .string("\(label(month))"), "sha256": .string(sha256(content)), "reason": .string("bad disk")])
}

/// A whole month: snapshot, sealed artifact, registration.
func month(_ name: ArtifactName, bytes: Int = 100) -> [Happened] {
    [snapshot(name.label.monthText), sealed(name, bytes: bytes), registered(name, bytes: bytes)]
}

// MARK: Commands

func take(_ month: String, uuid: String? = nil) -> Command {
    let event = snapshot(month, uuid: uuid)
    return .recordSnapshot(
        .init(label: label(month), uuid: uuid ?? BackupTests.uuid(month), path: "/snapshots"), details: event.data)
}

func seal(_ name: ArtifactName, bytes: Int = 100, content: String = "", uuid: String? = nil, parentUUID: String?? = nil)
    -> Command
{
    .recordSealing(
        .init(
            artifact: .init(name: name, bytes: bytes, sha256: sha256(content), reason: nil),
            stream: .init(
                uuid: uuid ?? BackupTests.uuid(name.label.monthText),
                parentUUID: parentUUID ?? name.kind.parent.map { BackupTests.uuid($0.monthText) }, bytes: bytes * 3),
            streamVersion: 2, recipients: ["age1x"], tools: ["btrfs": .string("6.14")]))
}

func register(_ name: ArtifactName, bytes: Int = 100, content: String = "") -> Command {
    .register(name, bytes: bytes, sha256: sha256(content))
}
