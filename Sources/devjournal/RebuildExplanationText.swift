import JournalFormat
import Recovery

extension RebuildExplanation {
    /// - Parameter records: how many were replayed; nil where the rebuild could not be done.
    func show(asJSON: Bool, records: Int?) {
        if asJSON {
            Terminal.json([
                "records": records.map { .integer($0) } ?? .null,
                "items": .array(
                    items.map {
                        .object([
                            "name": .string($0.name), "use": .string($0.use.rawValue), "there": .bool($0.isThere),
                            "note": .string($0.note),
                        ])
                    }),
                "missing": .array(missing.map { .string($0.name) }),
                "not_consulted": .array(Self.notConsulted.map { .string($0) }),
            ])
            return
        }
        for item in items {
            Terminal.data("\(item.isThere ? "there  " : "MISSING")  \(item.use.rawValue): \(item.name): \(item.note)")
        }
        Terminal.data("not consulted: \(Self.notConsulted.joined(separator: "; "))")
        Terminal.data(missing.isEmpty ? "nothing is missing" : "\(missing.count) of \(items.count) missing")
    }
}
