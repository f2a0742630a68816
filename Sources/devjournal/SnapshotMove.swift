import DurableFiles
import SystemPackage

/// The snapshots move with their whole directory, by one rename: so each keeps its UUID, and at any moment all of them are
/// in one place.
struct SnapshotMove {
    private let from: FilePath
    private let to: FilePath

    init(from: FilePath, to: FilePath) {
        self.from = from
        self.to = to
    }

    private var notRoots: Complaint {
        Complaint(
            "\(from) is not a directory of root's alone: the snapshots are elsewhere",
            hint: "put them back; without them: SNAPSHOTS=\(to) in the configuration, and the next month is a full one",
            .refused)
    }

    /// - Returns: `moved`, or `stays` where both are not on one mount and in one subvolume.
    func carryOut() throws -> String {
        guard let oldName = from.lastComponent?.string, let newName = to.lastComponent?.string else {
            throw Complaint("\(from) cannot be moved to \(to)", .usage)
        }
        // Its parent is its user's: what is opened there is looked at before and after.
        let oldParent = try OpenDirectory.withoutLinks(from.removingLastComponent())
        guard try oldParent.kind(of: oldName) == .directory else { throw notRoots }
        let moving = try oldParent.directory(oldName)
        let found = try moving.ownership()
        guard found.user == 0, found.permissions & 0o077 == 0 else { throw notRoots }
        let newParent = try OpenDirectory.makingRootsOwn(to.removingLastComponent())
        do throws(FileFailure) {
            try oldParent.rename(oldName, replacing: newName, in: newParent)
        } catch {
            switch error.errno {
            case .improperLink: return "stays"
            case .directoryNotEmpty, .fileExists:
                throw Complaint(
                    "there are snapshots in \(from) and in \(to)",
                    hint: "move aside those that are not wanted, then run it again", .refused)
            default: throw error
            }
        }
        guard try moving.isDirectory(newName, in: newParent) else {
            try newParent.rename(newName, toNewName: oldName, in: oldParent)
            throw Complaint(
                "\(from) was replaced while it was moved", hint: "find out who did that; nothing was changed", .refused)
        }
        try newParent.synchronize()
        try oldParent.synchronize()
        return "moved"
    }
}
