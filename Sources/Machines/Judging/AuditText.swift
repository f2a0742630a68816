package import Backup
package import JournalFormat
import VisibleText

extension AuditReport {
    /// For a person: each month's timeline with its findings, then what is true now, then the sum.
    package var text: String {
        var lines: [String] = []
        if let review {
            lines.append(
                "\(review.reviewer) has signed everything up to record \(review.upTo) (record \(review.record))")
        }
        var rest = findings
        let start = months.first?.records.lowerBound ?? .max
        let earlier = rest.filter { $0.records.first.map { $0 < start } ?? false }
        if !earlier.isEmpty {
            lines.append("before:")
            lines += earlier.flatMap(Self.lines)
        }
        for month in months {
            lines.append("\(month.month), records \(month.records.lowerBound) to \(month.records.upperBound):")
            lines += month.lines.map { "    \($0.sentence) (\(Self.numbers($0.records)))" }
            lines += rest.filter { $0.records.first.map(month.records.contains) ?? false }.flatMap(Self.lines)
        }
        rest = rest.filter(\.isStanding)
        if !rest.isEmpty {
            lines.append("now:")
            lines += rest.flatMap(Self.lines)
        }
        let missing = findings.count { $0.severity == .missing }
        let sum = "\(Plain.counted(findings.count, "finding")), \(missing) of them missing"
        lines.append(findings.isEmpty ? "no findings" : sum)
        if findings.contains(where: { !$0.needsMore }) {
            lines.append(
                "what was read is left out once it is signed: devjournal audit sign --up-to \(records) --reviewer NAME")
        }
        if signed > 0 { lines.append("\(Plain.counted(signed, "finding")) signed before, left out (--all shows them)") }
        return lines.map(VisibleText.line).joined(separator: "\n")
    }

    private static func lines(_ finding: AuditFinding) -> [String] {
        let place = finding.records.isEmpty ? "" : " (\(numbers(finding.records)))"
        let mark = finding.severity == .missing ? "!!" : " *"
        let line = "  \(mark) \(finding.severity.rawValue): \(finding.slug.rawValue): \(finding.sentence)\(place)"
        return finding.needsMore ? [line, "       next: \(finding.remedy)"] : [line]
    }

    private static func numbers(_ records: [Int]) -> String {
        guard let first = records.first, let last = records.last else { return "" }
        if records.count > 2, last - first == records.count - 1 { return "records \(first) to \(last)" }
        return (records.count == 1 ? "record " : "records ") + Plain.list(records.map(String.init))
    }

    package func json(tornBytes: Int) -> JSONObject {
        [
            "records": .integer(records), "reviewed_up_to": .integer(review?.upTo ?? 0),
            "missing": .integer(findings.count { $0.severity == .missing }), "signed": .integer(signed),
            "torn_bytes": .integer(tornBytes),
            "findings": .array(
                findings.map { finding in
                    var object = finding.json
                    object["sentence"] = .string(finding.sentence)
                    object["remedy"] = .string(finding.remedy)
                    return .object(object)
                }),
            "months": .array(months.map { .object($0.json) }),
        ]
    }
}

extension AuditMonth {
    fileprivate var json: JSONObject {
        [
            "month": .string(month), "first": .integer(records.lowerBound), "last": .integer(records.upperBound),
            "lines": .array(
                lines.map { line in
                    .object([
                        "records": .array(line.records.map { .integer($0) }), "sentence": .string(line.sentence),
                    ])
                }),
        ]
    }
}
