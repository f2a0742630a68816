internal import JournalFormat

/// What a workstation asks with `read LABEL`: catalogues of the label's chain, and files of the label.
///
/// On the wire it is a line of JSON:
///
///     {"catalogues":["dev@2026-01","dev@2026-02"],"paths":["src/main.swift"]}
package struct ReadRequest: Sendable, Equatable {
    /// Bytes of the line, its LF included.
    package static let longestLine = 1 << 20
    package static let mostPaths = 4_096
    private static let mostCatalogues = 4_096

    /// Each once; they arrive in that order.
    package let catalogues: [Label]
    /// As a listing has them, without `./`, each with all that is below it; none for the whole tree. Nil: names alone,
    /// which are in the catalogues.
    package let paths: [String]?

    package init(catalogues: [Label], paths: [String]?) { (self.catalogues, self.paths) = (catalogues, paths) }

    package var line: String {
        let object: JSONObject = [
            "catalogues": .array(catalogues.map { .string($0.description) }),
            "paths": paths.map { .array($0.map { .string($0) }) } ?? .null,
        ]
        return JSONValue.object(object).text + "\n"
    }

    /// Whether it is short enough to be sent.
    package var isSendable: Bool { (paths?.count ?? 0) <= Self.mostPaths && line.utf8.count <= Self.longestLine }

    /// - Parameter line: without its LF.
    /// - Returns: nil for anything that a workstation of this data set does not say. Whether a path is one is for who looks
    ///   it up.
    package init?(parsing line: [UInt8], dataset: String) {
        guard let object = (try? JSONValue(parsing: line))?.object, let wanted = object["catalogues"]?.array,
            wanted.count <= Self.mostCatalogues, let named = object["paths"]
        else { return nil }
        var catalogues: [Label] = []
        for one in wanted {
            guard let text = one.string, let label = Label(text), label.description == text, label.dataset == dataset
            else { return nil }
            catalogues.append(label)
        }
        guard Set(catalogues).count == catalogues.count else { return nil }
        var paths: [String]?
        if named != .null {
            guard let texts = named.array, texts.count <= Self.mostPaths else { return nil }
            paths = texts.compactMap(\.string)
            guard paths?.count == texts.count else { return nil }
        }
        guard paths != nil || !catalogues.isEmpty else { return nil }
        self.init(catalogues: catalogues, paths: paths)
    }
}

/// What comes first of the answer to a `ReadRequest`, as a line of JSON. The catalogues follow, opened, then the frames,
/// opened and still compressed: artifact by artifact from the anchor on, each frame once, in the order of its stream, and
/// before each a line that says whether it comes.
///
///     {"catalogues":[5120,812],"frames":3,"bytes":4193280}
package struct ReadAnswer: Sendable, Equatable {
    /// Bytes of the line, its LF included.
    package static let longestLine = 1 << 16

    /// Bytes of each, in the order in which they were asked for.
    package let catalogues: [Int]
    package let frames: Int
    /// Of all frames together, the damaged ones included.
    package let bytes: Int

    /// The line before a frame: its bytes follow, or it is damaged and nothing of it comes.
    package enum FrameMark: String, Sendable {
        case follows = "frame"
        case damaged

        /// Bytes of the line, its LF included.
        package static let longestLine = 16

        package var line: String { rawValue + "\n" }
    }

    package init(catalogues: [Int], frames: Int, bytes: Int) {
        (self.catalogues, self.frames, self.bytes) = (catalogues, frames, bytes)
    }

    package var line: String {
        let object: JSONObject = [
            "catalogues": .array(catalogues.map { .integer($0) }), "frames": .integer(frames), "bytes": .integer(bytes),
        ]
        return JSONValue.object(object).text + "\n"
    }

    /// - Parameter line: without its LF.
    package init?(parsing line: [UInt8]) {
        guard let object = (try? JSONValue(parsing: line))?.object, let lengths = object["catalogues"]?.array,
            let frames = object["frames"]?.integer, frames >= 0, let bytes = object["bytes"]?.integer, bytes >= 0
        else { return nil }
        let catalogues = lengths.compactMap(\.integer)
        guard catalogues.count == lengths.count, catalogues.allSatisfy({ $0 > 0 }) else { return nil }
        self.init(catalogues: catalogues, frames: frames, bytes: bytes)
    }
}
