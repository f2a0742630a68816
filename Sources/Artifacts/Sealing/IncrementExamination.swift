import Sealing
package import SystemPackage
import TreeHash

/// What an increment from one snapshot to another would get wrong: refused, because a full artifact carries it.
package enum IncrementExamination {
    package static func check(_ top: FilePath, since parent: FilePath) async throws {
        let check = try IncrementCheck(changesOf: top, since: parent) ?? IncrementCheck(top, since: parent)
        let lost = check.lostSetIDs
        guard lost.count == 0 else { throw SourceError.lostSetIDs(lost.first, isWhole: lost.isWhole, to: top) }
        guard check.hasHoles else { return }
        let survey = try await IncrementSurvey(
            of: ["btrfs", "-q", "send", "--no-data", "-p", parent.string, top.string], snapshot: top)
        guard survey.holeBytes > 0, try survey.bytes > TreeSize(top).streamBytes else { return }
        throw SourceError.punchedHoles(top, bytes: Int(clamping: survey.holeBytes))
    }
}
