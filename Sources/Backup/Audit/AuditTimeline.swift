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
struct AuditTimeline: Sendable {
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
        let words = EventWords(record, names)
        switch record.event.coreType?.declaration.wording.sentence {
        case .ofLabel(let tell):
            guard let label = words.text("label") else { return count(record, &month) }
            if let index = lineOf[label] {
                month.lines[index].records.append(record.seq)
                month.lines[index].sentence += ", \(tell(words))"
            } else {
                add("\(label): \(tell(words))", as: label, record, &month)
            }
        case .ofItsOwn(let tell): add(tell(words), record, &month)
        case nil: count(record, &month)
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
}
