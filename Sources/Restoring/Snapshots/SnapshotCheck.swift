import Backup
import DurableFiles
package import Machines
import SystemPackage

extension Machine {
    /// Whether a label's snapshot on this workstation is the one that was recorded, unchanged.
    ///
    /// - Parameters:
    ///   - text: the label, as a person writes it.
    ///   - child: the label whose increment is to start from it.
    /// - Returns: the UUID by which send streams name it.
    package func checkSnapshot(_ text: String, parentOf child: String?) async throws -> String {
        let state = try state()
        let label = try label(text, in: state)
        let child = try child.map { try self.label($0, in: state) }
        let hint = child.map(hint(withoutParentOf:)) ?? hint(takingAgain: label)
        let place = try OpenDirectory.rootsOwn(self.snapshots)
        guard let snapshot = try WorkstationSnapshot.open(label, in: place, hint: hint) else {
            throw MonthSnapshotError.missing(
                place.path.appending(label.description),
                hint: child == nil ? "ws_dev_snapshot.sh \(label.monthText)" : hint)
        }
        guard state.isSnapshot(label, snapshot.streamUUID) else {
            throw MonthSnapshotError.notAsRecorded(
                snapshot.path, "is subvolume \(snapshot.streamUUID), and not \(label) as it was recorded", hint: hint)
        }
        try await snapshot.requireUnchanged(state, hint: hint)
        return snapshot.streamUUID
    }
}
