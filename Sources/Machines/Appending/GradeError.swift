import Backup
package import JournalFormat

/// Why records did not come as far as was asked.
package enum GradeError: OperationError {
    /// Nobody cosigns checkpoints.
    case noWitness
    /// Asked of a workstation, which sees what the server has recorded and no more.
    case onlyServerKnows(RecordGrade)
    /// All are recorded.
    case late(_ records: ClosedRange<Int>, RecordGrade, seconds: Int)
    /// All are in the outbox.
    case undelivered([EventID], seconds: Int, why: String)
    case refusedByServer(EventID, why: String)
    /// The server takes it later: it is over its quota, for example.
    case postponedByServer(EventID, why: String)
}

extension GradeError {
    package var description: String {
        switch self {
        case .noWitness: "no witness cosigns this journal's checkpoints, so no record is ever witnessed"
        case .onlyServerKnows(let grade): "only the server can tell whether a record is \(grade.rawValue)"
        case .late(let records, let grade, let seconds):
            "recorded as \(records.count == 1 ? "record" : "records") \(Self.text(records)), but not \(grade.rawValue) "
                + "within \(seconds) s"
        case .undelivered(let events, let seconds, let why):
            "in the outbox as \(events.count == 1 ? "event \(events[0])" : Plain.counted(events.count, "event")), but not "
                + "recorded within \(seconds) s: \(why)"
        case .refusedByServer(let id, let why): "the server refuses event \(id): \(why)"
        case .postponedByServer(let id, let why): "event \(id) stays in the outbox: \(why)"
        }
    }

    package var hint: String? {
        switch self {
        case .noWitness: "--wait mirrored waits for the mirror"
        case .onlyServerKnows: "--wait recorded waits for the server's signed answer"
        case .late(let records, .mirrored, _):
            "\(records.count == 1 ? "it stays" : "they stay") recorded: do not record again; devjournal push --journal brings the "
                + "journal to the mirror, or says why not"
        case .late: "do not record again; devjournal log shows what is recorded"
        case .undelivered: "do not append again; the next delivery sends what waits there: devjournal deliver"
        case .refusedByServer: "devjournal outbox list shows what was refused, and why"
        case .postponedByServer: "a later delivery sends it: devjournal deliver"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noWitness, .refusedByServer: .refused
        case .onlyServerKnows: .usage
        case .late, .undelivered: .late
        case .postponedByServer: .incomplete
        }
    }

    private static func text(_ records: ClosedRange<Int>) -> String {
        records.count == 1 ? "\(records.lowerBound)" : "\(records.lowerBound) to \(records.upperBound)"
    }
}
