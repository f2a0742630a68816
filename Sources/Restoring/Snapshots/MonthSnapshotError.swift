package import Machines
package import SystemPackage

/// Why the month's snapshot of CODE was not taken, or one that is there not taken for it.
package enum MonthSnapshotError: OperationError {
    case notALabel(_ text: String, dataset: String)
    case notASubvolume(code: FilePath)
    case onOtherFileSystem(code: FilePath, snapshots: FilePath)
    /// - Parameter difference: what it is and what it was.
    case otherCode(FilePath, _ difference: String)
    case rememberedUnreadable(FilePath)
    case notASnapshot(FilePath, hint: String)
    case writable(FilePath, hint: String)
    case writtenTo(FilePath, hint: String)
    case changed(FilePath, sealed: String, hint: String)
    case notOfCode(FilePath, code: FilePath, hint: String)
    case missing(FilePath, hint: String)
    /// - Parameter difference: which subvolume it is, and which label it is not.
    case notAsRecorded(FilePath, _ difference: String, hint: String)
    case goneAfterTaking(FilePath)

    case notRootsDirectory(FilePath, configured: FilePath)
    case cannotMove(FilePath, to: FilePath)
    case inBothPlaces(FilePath, FilePath)
    case replacedWhileMoved(FilePath)
}

extension MonthSnapshotError {
    package var description: String {
        switch self {
        case .notALabel(let text, _): "\(text) is not a label"
        case .notASubvolume(let code): "\(code) is not a Btrfs subvolume"
        case .onOtherFileSystem(let code, let snapshots):
            "\(code) and \(snapshots) are on two file systems, which a snapshot cannot cross"
        case .otherCode(let code, let difference): "\(code) \(difference)"
        case .rememberedUnreadable(let file): "\(file) holds no subvolume and owner"
        case .notASnapshot(let path, _): "\(path) is there, but is not a snapshot"
        case .writable(let path, _): "\(path) is not read-only"
        case .writtenTo(let path, _): "\(path) may have been changed since it was taken: it was written to"
        case .changed(let path, let sealed, _):
            "\(path) was changed: its tree is not the one that was sealed, \(sealed)"
        case .notOfCode(let path, let code, _): "\(path) is not a snapshot of \(code)"
        case .missing(let path, _): "there is no snapshot \(path)"
        case .notAsRecorded(let path, let difference, _): "\(path) \(difference)"
        case .goneAfterTaking(let path): "\(path) is not there after it was taken"
        case .notRootsDirectory(let path, _):
            "\(path) is not a directory of root's alone: the snapshots are elsewhere"
        case .cannotMove(let from, let to): "\(from) cannot be moved to \(to)"
        case .inBothPlaces(let from, let to): "there are snapshots in \(from) and in \(to)"
        case .replacedWhileMoved(let from): "\(from) was replaced while it was moved"
        }
    }

    package var hint: String? {
        switch self {
        case .notALabel(_, let dataset): "a label is 2026-01 or \(dataset)@2026-01"
        case .notASubvolume: "btrfs subvolume create makes one"
        case .onOtherFileSystem: "sudo init_WS.sh moves the snapshots, if SNAPSHOTS names no place"
        case .otherCode: "find out who changed it; if it was you: sudo init_WS.sh --accept-code"
        case .rememberedUnreadable: "remove it, then: sudo init_WS.sh"
        case .notASnapshot(_, let hint), .writable(_, let hint), .writtenTo(_, let hint), .changed(_, _, let hint),
            .notOfCode(_, _, let hint), .missing(_, let hint), .notAsRecorded(_, _, let hint):
            hint
        case .notRootsDirectory(_, let to):
            "put them back; without them: SNAPSHOTS=\(to) in the configuration, and the next month is a full one"
        case .inBothPlaces: "move aside those that are not wanted, then run it again"
        case .replacedWhileMoved: "find out who did that; nothing was changed"
        case .goneAfterTaking, .cannotMove: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .notALabel, .cannotMove: .usage
        case .notASubvolume, .goneAfterTaking: .failed
        case .rememberedUnreadable: .damaged
        case .missing: .notFound
        case .onOtherFileSystem, .otherCode, .notASnapshot, .writable, .writtenTo, .changed, .notOfCode,
            .notAsRecorded, .notRootsDirectory, .inBothPlaces, .replacedWhileMoved:
            .refused
        }
    }
}
