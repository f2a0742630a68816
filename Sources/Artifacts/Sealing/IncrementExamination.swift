import Sealing
package import SystemPackage
import TreeHash

/// What an increment from one snapshot to another would get wrong: refused, because a full artifact carries it.
package enum IncrementExamination {
    package static func check(_ top: FilePath, since parent: FilePath) async throws {
        let lost = try IncrementCheck(top, since: parent).lostSetIDs
        guard lost.count == 0 else { throw SourceError.lostSetIDs(lost.first, isWhole: lost.isWhole, to: top) }
        let survey = try await IncrementSurvey(
            of: ["btrfs", "-q", "send", "--no-data", "-p", parent.string, top.string], snapshot: top)
        guard survey.holeBytes > 0, try survey.bytes > TreeSize(top).streamBytes else { return }
        throw SourceError.punchedHoles(top, bytes: Int(clamping: survey.holeBytes))
    }
}
