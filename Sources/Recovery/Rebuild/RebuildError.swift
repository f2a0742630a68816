package import Machines
package import SystemPackage

/// Why a server was not made again from kit and mirror, or its projections from the journal.
package enum RebuildError: OperationError {
    case noMirror
    /// The kit is of before `key replace-root`.
    case rootReplaced(by: Int)
    case otherAgeKey(FilePath)
    case notAMoment(String)
    case noRecord(String, size: Int)
    case noRecordUpTo(String)
    /// The projections are not what the journal says.
    case drift(_ found: String)
}

extension RebuildError {
    package var description: String {
        switch self {
        case .noMirror: "neither --mirror, the configuration nor the kit names a mirror"
        case .rootReplaced(let seq): "the kit's root key was replaced by record \(seq)"
        case .otherAgeKey(let path): "another age key is in \(path)"
        case .notAMoment(let text): "--as-of \(text) is neither a record's number nor a time"
        case .noRecord(let text, let size): "there is no record \(text); the journal has \(size)"
        case .noRecordUpTo(let text): "there is no record up to \(text)"
        case .drift(let found): "drift: \(found)"
        }
    }

    package var hint: String? {
        switch self {
        case .noMirror, .noRecord, .noRecordUpTo: nil
        case .rootReplaced: "use the kit that was made then"
        case .otherAgeKey: "move it away by hand"
        case .notAMoment: "such as 42, 2026-01-31, 2026-01-31T12:00:00Z or 30d"
        case .drift: "the journal is right; devjournal rebuild writes the projections again"
        }
    }

    package var kind: FailureKind {
        switch self {
        case .noMirror, .notAMoment: .usage
        case .rootReplaced: .wrongKey
        case .otherAgeKey: .refused
        case .noRecord, .noRecordUpTo: .notFound
        case .drift: .drift
        }
    }
}
