package import JournalFormat

/// Artifacts from before the journal, checked, as `manifest.imported` tells them.
///
/// A line of the journal is limited, so an import may need several records: `part` of `parts`, all with the same
/// source. They count only when the last part is there, so a half-written import imports nothing.
package struct ManifestImport: Sendable, Equatable {
    /// The file that was imported.
    package struct Source: Sendable, Equatable {
        package let name: String
        package let sha256: String
        package let bytes: Int

        package init(name: String, sha256: String, bytes: Int) {
            self.name = name
            self.sha256 = sha256
            self.bytes = bytes
        }
    }

    package struct Row: Sendable, Equatable {
        package let name: ArtifactName
        package let bytes: Int
        package let sha256: String
        package let localPath: String
        package let objectKey: String?
        /// When it was registered, as far as the manifest said so.
        package let ts: Timestamp?

        /// - Parameter localPath: below the server's root, where the file was found.
        package init(_ row: LegacyManifest.Row, localPath: String) {
            self.init(
                name: row.name, bytes: row.bytes, sha256: row.sha256, localPath: localPath, objectKey: row.objectKey,
                ts: row.ts)
        }

        init(
            name: ArtifactName, bytes: Int, sha256: String, localPath: String, objectKey: String?, ts: Timestamp?
        ) {
            self.name = name
            self.bytes = bytes
            self.sha256 = sha256
            self.localPath = localPath
            self.objectKey = objectKey
            self.ts = ts
        }
    }

    /// One record's share.
    package struct Part: Sendable, Equatable {
        package let source: Source
        package let number: Int
        package let count: Int
        package let rows: [Row]
    }

    package let source: Source
    /// In the order of their labels.
    package let rows: [Row]

    package init(_ source: Source, _ rows: [Row]) {
        self.source = source
        self.rows = rows.sorted { $0.name.label < $1.name.label }
    }

    /// Leaves room for the envelope in a line of 65,535 bytes.
    private static let partSize = 60_000

    /// The events' data, one each record.
    package var parts: [JSONObject] {
        var parts: [[JSONValue]] = [[]]
        var size = 0
        for row in rows {
            let json = JSONValue.object(row.json)
            let length = json.bytes.count + 1
            if size + length > Self.partSize, !(parts.last?.isEmpty ?? true) {
                parts.append([])
                size = 0
            }
            parts[parts.count - 1].append(json)
            size += length
        }
        let source: JSONObject = [
            "name": .string(source.name), "sha256": .string(source.sha256), "bytes": .integer(source.bytes),
        ]
        return parts.enumerated().map { index, rows in
            [
                "source": .object(source), "part": .integer(index + 1), "parts": .integer(parts.count),
                "rows": .array(rows),
            ]
        }
    }
}

extension ManifestImport.Row {
    var json: JSONObject {
        [
            "ts": ts.map { .string($0.description) } ?? .null, "label": .string(name.label.description),
            "type": .string(name.kind.type),
            "parent": name.kind.parent.map { .string($0.description) } ?? .null,
            "name": .string(name.description), "bytes": .integer(bytes), "sha256": .string(sha256),
            "local_path": .string(localPath), "object_key": objectKey.map { .string($0) } ?? .null,
        ]
    }

    /// Nil where a member is missing or of another kind.
    init?(_ json: JSONObject) {
        guard let label = json["label"]?.string.flatMap({ Label($0) }),
            let type = json["type"]?.string,
            let kind = ArtifactKind(type: type, parent: json["parent"]?.string.flatMap { Label($0) }),
            json["name"]?.string == ArtifactName(label, kind).description,
            let bytes = json["bytes"]?.integer, bytes >= 0,
            let sha256 = Self.field(json["sha256"]), let localPath = Self.field(json["local_path"])
        else { return nil }
        var (objectKey, ts): (String?, Timestamp?)
        if let value = json["object_key"], value != .null {
            guard let key = Self.field(value) else { return nil }
            objectKey = key
        }
        if let value = json["ts"], value != .null {
            guard let time = value.string.flatMap({ Timestamp($0) }) else { return nil }
            ts = time
        }
        self.init(
            name: ArtifactName(label, kind), bytes: bytes, sha256: sha256, localPath: localPath,
            objectKey: objectKey, ts: ts)
    }

    /// Text that can stand in a line of the manifest.
    private static func field(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 }) else { return nil }
        return text
    }
}

extension ManifestImport.Part {
    /// Nil where a member is missing or of another kind.
    init?(_ data: JSONObject) {
        guard let source = data["source"]?.object, let sha256 = source["sha256"]?.string,
            let bytes = source["bytes"]?.integer, bytes >= 0, let number = data["part"]?.integer, number >= 1,
            let count = data["parts"]?.integer, number <= count, let values = data["rows"]?.array
        else { return nil }
        let rows = values.compactMap { $0.object.flatMap { ManifestImport.Row($0) } }
        guard rows.count == values.count else { return nil }
        self.init(
            source: ManifestImport.Source(name: source["name"]?.string ?? "-", sha256: sha256, bytes: bytes),
            number: number, count: count, rows: rows)
    }
}
