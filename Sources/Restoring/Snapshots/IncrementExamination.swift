import Backup
package import Machines
import Sealing
package import SystemPackage
import TreeHash

/// What an increment from one snapshot to the next would get wrong, and a full artifact carries.
package enum IncrementExamination {
    /// - Parameters:
    ///   - top: the snapshot.
    ///   - parent: the one that the increment would start from.
    package static func require(_ top: FilePath, since parent: FilePath) async throws {
        let lost = try IncrementCheck(top, since: parent).lostSetIDs
        guard lost.count == 0 else {
            throw IncrementError.losesSetIDs(
                top, of: lost.first.joined(separator: ", ") + (lost.isWhole ? "" : ", …"))
        }
        let survey = try await IncrementSurvey(
            of: ["btrfs", "-q", "send", "--no-data", "-p", parent.string, top.string], snapshot: top)
        guard survey.holeBytes > 0, try survey.bytes > TreeSize(top).streamBytes else { return }
        throw IncrementError.largerThanTree(top, zeros: Int(clamping: survey.holeBytes))
    }
}

package enum IncrementError: OperationError {
    /// - Parameter objects: the first of them.
    case losesSetIDs(FilePath, of: String)
    /// - Parameter zeros: bytes of holes that were punched into files.
    case largerThanTree(FilePath, zeros: Int)
}

extension IncrementError {
    package var description: String {
        switch self {
        case .losesSetIDs(let top, let objects):
            "an increment to \(top) would lose the set-ID bits of what got another owner: \(objects)"
        case .largerThanTree(let top, let zeros):
            "an increment to \(top) would be larger than the whole tree: "
                + "\(Plain.bytes(zeros)) of it are zeros, for holes that were punched into files"
        }
    }

    package var hint: String? {
        switch self {
        case .losesSetIDs: "ws_dev_run_month.sh makes a full one of such a month by itself"
        case .largerThanTree: "seal it as a full one"
        }
    }

    package var kind: FailureKind { .refused }
}
