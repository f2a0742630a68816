package import JournalFormat

/// A manifest from before the journal, as its lines say it: nothing is believed yet.
///
/// Tab-separated, with or without a header. Without one the columns are those of manifest v2, in its order, of which
/// the last, `object_key`, may be missing; with one they may stand in any order, and others are ignored. Blank lines
/// and lines that begin with `#` are skipped; `-` and an empty field stand for nothing.
package struct LegacyManifest: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        /// Counted from 1.
        package let line: Int
        package let name: ArtifactName
        package let bytes: Int
        package let sha256: String
        /// As it stands there; nil where there is none.
        package let path: String?
        package let objectKey: String?
        package let ts: Timestamp?
    }

    /// A line that cannot be imported, and why.
    package struct Problem: Sendable, Equatable, CustomStringConvertible {
        package let line: Int
        package let what: String

        package init(line: Int, _ what: String) {
            self.line = line
            self.what = what
        }

        package var description: String { "line \(line): \(what)" }
    }

    package private(set) var rows: [Row] = []
    package private(set) var problems: [Problem] = []

    private enum Column: String, CaseIterable {
        case ts, label, type, parent, bytes, sha256, path = "local_path", objectKey = "object_key"

        /// What other scripts have called it.
        var names: [String] {
            switch self {
            case .ts: ["ts", "timestamp", "time", "date", "created", "created_at"]
            case .label: ["label", "snapshot", "month"]
            case .type: ["type", "kind"]
            case .parent: ["parent", "parent_label", "base"]
            case .bytes: ["bytes", "size"]
            case .sha256: ["sha256", "sha256sum", "hash", "checksum"]
            case .path: ["local_path", "path", "file", "artifact"]
            case .objectKey: ["object_key", "key", "r2_key", "s3_key"]
            }
        }
    }

    /// - Parameter dataset: what the labels must be of.
    package init(parsing text: String, dataset: String) {
        var columns: [Column?]?
        // A CR LF is one character in Swift; lines are cut as bytes.
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            var line = Substring(bytes)
            if line.utf8.last == UInt8(ascii: "\r") { line = Substring(line.utf8.dropLast()) }
            if columns == nil, let header = Self.header(line) {
                columns = header
                checkHeader(header, line: index + 1)
                continue
            }
            if line.allSatisfy({ $0 == " " || $0 == "\t" }) || line.hasPrefix("#") { continue }
            let fields = Self.fields(line)
            let used = columns ?? Column.allCases.map { $0 }
            columns = used
            guard fields.count == used.count || used == Column.allCases && fields.count == used.count - 1 else {
                problems.append(Problem(line: index + 1, "\(fields.count) columns instead of \(used.count)"))
                continue
            }
            var values: [Column: String] = [:]
            for case (let column?, let field) in zip(used, fields) where !field.isEmpty && field != "-" {
                values[column] = field
            }
            do throws(Problem) {
                rows.append(try Self.row(values, line: index + 1, dataset: dataset, before: rows.last?.name.label))
            } catch {
                problems.append(error)
            }
        }
        if rows.isEmpty && problems.isEmpty { problems.append(Problem(line: 1, "there is no artifact in it")) }
        findContradictions()
    }

    private static func fields(_ line: Substring) -> [String] {
        line.split(separator: "\t", omittingEmptySubsequences: false).map { field in
            String(field.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }

    /// The columns, where the line names at least three of them.
    private static func header(_ line: Substring) -> [Column?]? {
        let names = fields(line.hasPrefix("#") ? line.dropFirst() : line).map { $0.lowercased() }
        let columns = names.map { name in Column.allCases.first { $0.names.contains(name) } }
        return columns.count { $0 != nil } >= 3 ? columns : nil
    }

    private mutating func checkHeader(_ columns: [Column?], line: Int) {
        for column in [Column.label, .type, .bytes, .sha256] where !columns.contains(column) {
            problems.append(Problem(line: line, "the header names no column \(column.rawValue)"))
        }
        for column in Column.allCases where columns.count(where: { $0 == column }) > 1 {
            problems.append(Problem(line: line, "the header names the column \(column.rawValue) twice"))
        }
    }

    private static func row(
        _ values: [Column: String], line: Int, dataset: String, before: Label?
    ) throws(Problem) -> Row {
        func value(_ column: Column) throws(Problem) -> String {
            guard let value = values[column] else { throw Problem(line: line, "no \(column.rawValue)") }
            return value
        }
        func label(_ text: String) throws(Problem) -> Label {
            guard let label = Label(text) ?? Label(dataset: dataset, month: text), label.dataset == dataset else {
                throw Problem(line: line, "\(text) is not a label of data set \(dataset)")
            }
            return label
        }
        guard let bytes = Int(try value(.bytes)), bytes > 0, bytes < 1 << 53 else {
            throw Problem(line: line, "\(try value(.bytes)) is not a number of bytes")
        }
        let sha256 = try value(.sha256).lowercased()
        guard sha256.utf8.count == 64, sha256.allSatisfy({ "0123456789abcdef".contains($0) }) else {
            throw Problem(line: line, "\(sha256) is not a SHA-256 in hex")
        }
        let own = try label(try value(.label))
        let parent: Label?
        switch try value(.type).lowercased() {
        case "full", "anchor":
            guard values[.parent] == nil else { throw Problem(line: line, "a full artifact has no parent") }
            parent = nil
        case "incr", "incremental", "inc":
            let fileName = values[.path]?.split(separator: "/").last.flatMap { ArtifactName(String($0)) }
            guard let found = try values[.parent].map(label) ?? fileName?.kind.parent ?? before else {
                throw Problem(line: line, "an incremental without a parent")
            }
            parent = found
        default:
            throw Problem(line: line, "\(try value(.type)) is not a type: full or incr")
        }
        guard let kind = ArtifactKind(type: parent == nil ? "full" : "incr", parent: parent) else {
            throw Problem(line: line, "\(try value(.type)) is not a type: full or incr")
        }
        for text in values.values where text.utf8.contains(where: { $0 < 0x20 }) || text.utf8.count > 4096 {
            throw Problem(line: line, "a field holds control characters or is too long")
        }
        return Row(
            line: line, name: ArtifactName(own, kind), bytes: bytes, sha256: sha256, path: values[.path],
            objectKey: values[.objectKey], ts: values[.ts].flatMap(time))
    }

    /// RFC 3339, a date, or seconds since 1970. Other times are left out: the import's own will stand there.
    private static func time(_ text: String) -> Timestamp? {
        if let seconds = Int(text), (1...253_402_300_799).contains(seconds) {
            return Timestamp(milliseconds: seconds * 1000)
        }
        guard TimeExpression.duration(text) == nil else { return nil }
        return TimeExpression(text, now: Timestamp(milliseconds: 0))?.first
    }

    /// Labels stand once, and every incremental's parent stands there with an earlier label.
    private mutating func findContradictions() {
        var first: [Label: Int] = [:]
        for row in rows {
            if let line = first[row.name.label] {
                problems.append(Problem(line: row.line, "\(row.name.label) stands in line \(line) already"))
            } else {
                first[row.name.label] = row.line
            }
        }
        for row in rows {
            guard let parent = row.name.kind.parent else { continue }
            if parent >= row.name.label {
                problems.append(Problem(line: row.line, "the parent \(parent) is not before \(row.name.label)"))
            } else if first[parent] == nil {
                problems.append(Problem(line: row.line, "the parent \(parent) is not in the manifest"))
            }
        }
        problems.sort { $0.line < $1.line }
    }

    package mutating func add(_ problem: Problem) {
        problems.append(problem)
        problems.sort { $0.line < $1.line }
    }
}

extension LegacyManifest.Problem: Error {}
