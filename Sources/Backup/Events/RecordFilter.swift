package import JournalFormat

/// Which records a reader wants to see. Within one criterion any value will do; all criteria must be met.
package struct RecordFilter: Sendable {
    /// Types; one that ends in `.` stands for all that begin with it.
    package var types: [String] = []
    /// `dev@2026-01`
    package var labels: [String] = []
    /// Names or ids of keys.
    package var authors: [String] = []
    /// Of the events' data; those of one field are one criterion.
    package var conditions: [DataCondition] = []
    /// The first record that counts.
    package var from = 1
    /// Compared with the sequencer's time.
    package var since: Timestamp?
    package var until: Timestamp?

    /// Values that some record has met so far, each criterion for itself.
    private var met: Set<String> = []

    package init() {}

    /// - Parameter names: as of this record.
    package mutating func matches(_ record: Record, _ names: KeyNames) -> Bool {
        let author = record.event.author
        let isTime = (since.map { $0 <= record.ts } ?? true) && (until.map { record.ts <= $0 } ?? true)
        let isType = anyOf(types, "type") {
            $0.hasSuffix(".") ? record.event.type.hasPrefix($0) : record.event.type == $0
        }
        let isLabel = anyOf(labels, "label") { Self.mentions(record.event.data, $0) }
        let isAuthor = anyOf(authors, "author") { names[author] == $0 || author.description == $0 }
        var isData = true
        for ofField in Dictionary(grouping: conditions, by: \.field).values {
            isData = anyOf(ofField, "where") { $0.isMet(by: record.event.data) } && isData
        }
        return record.seq >= from && isTime && isType && isLabel && isAuthor && isData
    }

    private mutating func anyOf<Value: CustomStringConvertible>(
        _ values: [Value], _ criterion: String, _ isMet: (Value) -> Bool
    ) -> Bool {
        var found = values.isEmpty
        for value in values where isMet(value) {
            met.insert("\(criterion) \(value)")
            found = true
        }
        return found
    }

    /// Whether an event is about the label: its own, one of a chain, or a row of a manifest.
    private static func mentions(_ data: JSONObject, _ label: String) -> Bool {
        if data["label"]?.string == label { return true }
        if data["chain"]?.array?.contains(.string(label)) ?? false { return true }
        return data["rows"]?.array?.contains { $0.object?["label"]?.string == label } ?? false
    }

    /// What was asked for but stands nowhere in the journal, in words: most often a slip of the pen.
    ///
    /// - Parameter names: as of the last record.
    package func unknownValues(_ names: KeyNames) -> [String] {
        var unknown: [String] = []
        for type in types where !met.contains("type \(type)") {
            let isKnown =
                EventType(type)?.isKnown
                ?? (type.hasPrefix("x.") || CoreEventType.allCases.contains { $0.rawValue.hasPrefix(type) })
            unknown.append(isKnown ? "no record is of type \(type)" : "\(type) is not a type that this version knows")
        }
        for label in labels where !met.contains("label \(label)") { unknown.append("no record is about \(label)") }
        for author in authors where !met.contains("author \(author)") {
            let isKnown = names.holders.contains { $0.value.name == author || $0.key.description == author }
            unknown.append(isKnown ? "\(author) has made no event" : "no key has the name or id \(author)")
        }
        for condition in conditions where !met.contains("where \(condition)") {
            unknown.append("no event says \(condition)")
        }
        if let since, let until, since > until { unknown.append("--since lies after --until") }
        return unknown
    }
}
