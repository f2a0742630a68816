package import Backup
package import JournalFormat

/// Why what a script has said is not recorded.
package enum AppendError: OperationError {
    case notAType(String)
    case notAnID(String)
    case notAMember(String)
    case givenTwice(_ key: String)
    case dataNotAnObject
    case notStrictJSON(_ name: String, _ why: String)
    /// A line of a batch is JSON, but not an event's.
    case shape(String)
    case noEvents
    /// A command appends it when it has done what the event tells.
    case reserved(EventType)
    case noteWithoutText
    case snapshotLacks(_ member: String)
    case snapshotLabel(String)
    case snapshotUUID(String)
    case snapshotPath(String)
    case saidByWorkstation
    case takenTwice(Label)
    case saidWithOtherContent(EventID)
    case replicaHoldsNothing(fetch: String)
    /// The data of a user's own type are not what its schema says.
    case schema(EventType, SchemaMismatch, file: String)
    /// A file that cannot be read as a schema, and why.
    case badSchema(_ file: String, _ why: String)
    case nothingRecorded
    case nothingSaid
}

extension AppendError {
    package var description: String {
        switch self {
        case .notAType(let text): "\(text) is not an event type"
        case .notAnID(let text): "\(text) is not a UUIDv7 in lower case"
        case .notAMember(let text): "\(text) is not a member"
        case .givenTwice(let key): "\(key) is given twice"
        case .dataNotAnObject: "the data is not a JSON object"
        case .notStrictJSON(let name, let why): "\(name): \(why)"
        case .shape(let what): what
        case .noEvents: "standard input holds no event"
        case .reserved(let type): "\(type) is not for scripts to append"
        case .noteWithoutText: "a note needs its text"
        case .snapshotLacks(let key): "snapshot.taken needs label, uuid and path; \(key) is missing, or is not text"
        case .snapshotLabel(let text): "snapshot.taken: \(text) is not a label"
        case .snapshotUUID(let text): "snapshot.taken: \(text) is not the UUID of a subvolume"
        case .snapshotPath(let text):
            "snapshot.taken: \(text) is not an absolute path without control characters"
        case .saidByWorkstation: "snapshot.taken is signed by the workstation"
        case .takenTwice(let label): "\(label) is taken twice in one batch"
        case .saidWithOtherContent(let id): "event id \(id) is in the outbox already, with other content"
        case .replicaHoldsNothing: "the replica holds nothing yet, so nothing can be decided about a snapshot"
        case .schema(let type, let mismatch, _):
            "\(type) does not fit its schema: \("\(mismatch.path)".isEmpty ? "the data" : "\(mismatch.path)") \(mismatch.what)"
        case .badSchema(let file, let why): "the schema \(file) cannot be used: \(why)"
        case .nothingRecorded: "nothing was recorded"
        case .nothingSaid: "nothing was said"
        }
    }

    package var hint: String? {
        switch self {
        case .notAType: "lower-case words joined by points, such as x.my.event"
        case .notAnID: "devjournal id makes one"
        case .notAMember: "write key=text, or key:=JSON for other values"
        case .notStrictJSON:
            "the journal takes integers, no duplicate keys and minimal escapes; jq -c . writes strings that way"
        case .shape: #"a line is {"type":"x.mine","data":{…}}, and may have an "id""#
        case .reserved(let type):
            type.core?.command.map { "devjournal \($0) does it and records it" } ?? "types of your own begin with x."
        case .noteWithoutText: "devjournal append note text='…'"
        case .snapshotLabel: "such as dev@2026-01"
        case .snapshotUUID: "as btrfs subvolume show has it: 8-4-4-4-12 digits in lower case"
        case .saidByWorkstation: "leave out --as"
        case .saidWithOtherContent: "use a new id: devjournal id"
        case .replicaHoldsNothing(let fetch): fetch
        case .schema(_, _, let file): "nothing was recorded; the schema is \(file)"
        case .badSchema: "nothing was recorded; devjournal.conf(5) has the keywords that are known (SCHEMA_DIR)"
        case .givenTwice, .dataNotAnObject, .noEvents, .snapshotLacks, .snapshotPath, .takenTwice, .nothingRecorded,
            .nothingSaid:
            nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .schema, .badSchema, .reserved, .takenTwice, .saidWithOtherContent, .replicaHoldsNothing: .refused
        case .nothingRecorded, .nothingSaid: .failed
        case .notAType, .notAnID, .notAMember, .givenTwice, .dataNotAnObject, .notStrictJSON, .shape, .noEvents,
            .noteWithoutText, .snapshotLacks, .snapshotLabel, .snapshotUUID, .snapshotPath, .saidByWorkstation:
            .usage
        }
    }
}

/// Which line of a batch is the reason that nothing of it is recorded.
package struct BatchLineError: Error {
    /// Counted from 1.
    package let line: Int
    package let reason: any Error
}
