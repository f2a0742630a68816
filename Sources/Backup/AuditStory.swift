internal import JournalFormat

/// One month of the journal's own time (UTC), told in sentences.
package struct AuditMonth: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        /// The records that it tells of, ascending.
        package fileprivate(set) var records: [Int]
        package fileprivate(set) var sentence: String
    }

    /// `2026-01`
    package let month: String
    package fileprivate(set) var records: ClosedRange<Int>
    package fileprivate(set) var lines: [Line] = []

    /// Without the lines that end at or before a record; nil where nothing is left.
    func starting(behind record: Int) -> AuditMonth? {
        guard records.upperBound > record else { return nil }
        var month = self
        month.records = max(records.lowerBound, record + 1)...records.upperBound
        month.lines.removeAll { ($0.records.last ?? 0) <= record }
        return month
    }
}

/// Makes sentences of records: one for all that happened to a label in a month, one for each other thing.
struct AuditStory: Sendable {
    private(set) var months: [AuditMonth] = []
    /// Where a label, or a type of a user's own, has its line in the current month.
    private var lineOf: [String: Int] = [:]
    private var counts: [String: Int] = [:]

    mutating func take(_ record: Record, _ names: KeyNames) {
        let month = String(record.ts.description.prefix(7))
        if months.last?.month != month {
            months.append(AuditMonth(month: month, records: record.seq...record.seq))
            lineOf = [:]
            counts = [:]
        }
        guard var current = months.popLast() else { return }
        current.records = current.records.lowerBound...record.seq
        tell(record, names, in: &current)
        months.append(current)
    }

    private mutating func tell(_ record: Record, _ names: KeyNames, in month: inout AuditMonth) {
        let data = record.event.data
        func text(_ member: String) -> String { data[member]?.string ?? "-" }
        if let (label, words) = Self.step(record) {
            if let index = lineOf[label] {
                month.lines[index].records.append(record.seq)
                month.lines[index].sentence += ", \(words)"
            } else {
                add("\(label): \(words)", as: label, record, &month)
            }
            return
        }
        switch record.event.type {
        case "journal.opened": add("the journal of \(text("dataset")) was opened", record, &month)
        case "journal.succeeds":
            add(
                "it succeeds journal \(text("log")) of \(Plain.counted(data["size"]?.integer ?? 0, "record")): "
                    + text("reason"), record, &month)
        case "epoch.started": add("epoch \(record.epoch) began: \(text("reason"))", record, &month)
        case "key.enrolled": add("the key of \(text("name")) was enrolled", record, &month)
        case "key.retired", "root.retired":
            add("the key of \(KeyID(text("kid")).map { names[$0] } ?? "-") was retired", record, &month)
        case "root.replaced":
            let endorsers = Plain.list(RootEndorsement.authors(data).map { names[$0] })
            add("the root was replaced, endorsed by \(endorsers): \(text("reason"))", record, &month)
        case "root.enrolled": add("another root key was enrolled", record, &month)
        case "recipient.set":
            let recipients = data["recipients"]?.array?.count ?? 0
            add("artifacts are sealed to \(Plain.counted(recipients, "recipient")) from now on", record, &month)
        case "kit.made": add("a recovery kit was made", record, &month)
        case "journal.repaired": add("the journal was repaired: \(text("why"))", record, &month)
        case "manifest.imported":
            let rows = Plain.counted(data["rows"]?.array?.count ?? 0, "artifact")
            add("\(rows) came from the manifest \(data["source"]?.object?["name"]?.string ?? "-")", record, &month)
        case "drill.completed": add("a restore drill was completed", record, &month)
        case "witness.accepted": add("\(names[record.event.author]) accepted that records were lost", record, &month)
        case "review.signed":
            add(
                "\(text("reviewer")) has read everything up to record \(data["up_to"]?.integer ?? 0)", record, &month)
        case "note": add("\(names[record.event.author]) noted: \(text("text"))", record, &month)
        default: count(record, &month)
        }
    }

    private mutating func add(
        _ sentence: String, as key: String? = nil, _ record: Record, _ month: inout AuditMonth
    ) {
        if let key { lineOf[key] = month.lines.count }
        month.lines.append(.init(records: [record.seq], sentence: sentence))
    }

    /// Events that only their own scripts understand are counted.
    private mutating func count(_ record: Record, _ month: inout AuditMonth) {
        let type = record.event.type
        counts[type, default: 0] += 1
        let sentence = "\(Plain.counted(counts[type] ?? 0, "event")) \(type)"
        if let index = lineOf[type] {
            month.lines[index].records.append(record.seq)
            month.lines[index].sentence = sentence
        } else {
            add(sentence, as: type, record, &month)
        }
    }

    /// What happened to a label.
    private static func step(_ record: Record) -> (label: String, words: String)? {
        let data = record.event.data
        guard let label = data["label"]?.string else { return nil }
        let size = data["bytes"]?.integer.map { Plain.bytes($0) } ?? "-"
        func text(_ member: String) -> String { data[member]?.string ?? "-" }
        let words: String
        switch record.event.type {
        case "snapshot.taken": words = "taken on day \(record.ts.description.dropFirst(8).prefix(2))"
        case "artifact.sealed":
            words = "sealed as \(text("type")) (rule \(data["reason"]?.object?["rule"]?.string ?? "-")), \(size)"
        case "artifact.registered": words = "registered"
        case "artifact.uploaded": words = "uploaded"
        case "artifact.stored": words = "fetched back"
        case "artifact.verified": words = "checked: \(text("result"))"
        case "artifact.withdrawn": words = "withdrawn: \(text("reason"))"
        case "restore.released": words = "released for a restore to \(text("to"))"
        case "snapshot.restored": words = "restored"
        case "worktree.updated": words = "working copy updated"
        default: return nil
        }
        return (label, words)
    }
}
