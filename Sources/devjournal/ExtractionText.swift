import Backup
import Browsing
import JournalFormat
import ObjectStore

/// What was extracted, as a person and a script read it.
enum ExtractionText {
    static func summary(_ result: ExtractionResult, _ label: Label, _ place: String) -> String {
        let kept = result.kept > 0 ? "; \(result.kept) were there already" : ""
        return "\(Plain.counted(result.files, "file")) of \(label) in \(place), \(Plain.bytes(result.bytes)), out of "
            + "\(Plain.bytes(result.bytesRead)) of artifacts\(kept)"
    }

    static func line(_ failure: ExtractionResult.Failure) -> String {
        let labels = failure.labels.isEmpty ? "" : " (\(Plain.list(failure.labels.map(\.description))))"
        return "\(ShownPath.text(failure.path)) did not come out: \(failure.why)\(labels)"
    }

    /// - Parameter traffic: with the mirror.
    static func json(
        _ result: ExtractionResult, _ label: Label, _ place: String, _ traffic: StoreTraffic?
    ) -> JSONObject {
        var object: JSONObject = [
            "label": .string(label.description), "to": .string(place), "files": .integer(result.files),
            "directories": .integer(result.directories), "others": .integer(result.others),
            "bytes": .integer(result.bytes), "kept": .integer(result.kept),
            "artifact_bytes": .integer(result.bytesRead), "tree": .object(tree(result.tree)),
            "failures": .array(result.failures.map { .object(json($0)) }),
            "losses": .array(
                result.losses.all.map { loss in
                    .object([
                        "kind": .string(loss.kind.rawValue), "path": .string(ShownPath.text(loss.path)),
                        "what": .string(loss.what),
                    ])
                }),
        ]
        if let traffic {
            object["fetched"] = .object(["bytes": .integer(traffic.bytes), "requests": .integer(traffic.requests)])
        }
        return object
    }

    private static func json(_ failure: ExtractionResult.Failure) -> JSONObject {
        [
            "path": .string(ShownPath.text(failure.path)), "why": .string(failure.why),
            "artifacts": .array(failure.labels.map { .string($0.description) }),
        ]
    }

    private static func tree(_ tree: ExtractionResult.Tree) -> JSONObject {
        switch tree {
        case .equal(let hash): ["compared": .bool(true), "equal": .bool(true), "sha256": .string(hash)]
        case .differs(let objects, let count):
            [
                "compared": .bool(true), "equal": .bool(false), "objects": .integer(count),
                "first": .string(objects),
            ]
        case .notCompared(let why): ["compared": .bool(false), "why": .string(why)]
        }
    }
}
