import Backup
import CLinux
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage
import TreeHash

/// A plain, writable copy of the code, derived from a received snapshot. Making it needs root.
struct WorkingCopy {
    struct Outcome {
        /// Whether anything was done; false where the copy is that snapshot's already.
        let isNew: Bool
        /// The copy that was replaced, edits included.
        let kept: FilePath?
    }

    /// The copy itself.
    let code: FilePath
    /// Where the snapshots are that it is derived from; both are on one Btrfs file system.
    let snapshots: FilePath

    /// Replaces the working copy. The one before, edits included, is kept beside it under a dated name.
    func derive(from received: FilePath, _ label: Label) async throws -> Outcome {
        // A subvolume's generation tells of edits once they are on the disk.
        if pathExists(code.removingLastComponent()) {
            try synchronizeFileSystem(holding: code.removingLastComponent())
        }
        let left = try await takeUpLeftovers()
        if try await isUnchangedCopy(of: received) { return Outcome(isNew: false, kept: left) }
        try makeDirectories(code.removingLastComponent(), permissions: 0o755)
        let time = Clock.now().description.filter { $0 != ":" }.prefix(17)
        let fresh = code.sibling(".\(code.lastComponent?.string ?? "code").new-\(time)")
        do {
            try await Btrfs.snapshot(received, to: fresh, readOnly: false)
        } catch let complaint as Complaint {
            throw Complaint(
                complaint.message,
                hint:
                    "\(code) and \(snapshots) must be on one Btrfs file system; or set WORKTREE=off",
                .failed)
        }
        var kept: FilePath?
        if pathExists(code) {
            // The exchange is one step: at no moment is there no working copy.
            try check(unsafe clinux_rename_exchange(fresh.string, code.string), "exchange", code)
            kept = try keep(fresh, as: "\(code.lastComponent?.string ?? "code").before-\(label.monthText)-\(time)")
        } else {
            try renameToNewName(fresh, code)
        }
        try synchronizeFileSystem(holding: code)
        return Outcome(isNew: true, kept: kept)
    }

    /// What an interrupted run has left under a temporary name: an unused copy of a received snapshot goes; the working
    /// copy that was replaced, edits included, gets a dated name.
    private func takeUpLeftovers() async throws -> FilePath? {
        let name = code.lastComponent?.string ?? "code"
        var kept: FilePath?
        for leftover in try namesInDirectory(code.removingLastComponent()) ?? []
        where leftover.hasPrefix(".\(name).new-") {
            let path = code.sibling(leftover)
            if let subvolume = try await Btrfs.show(path), subvolume.isUntouched,
                let parent = subvolume.parentUUID, try await isReceived(parent)
            {
                try await Btrfs.delete(path)
                continue
            }
            kept = try keep(path, as: "\(name).before-\(leftover.dropFirst(".\(name).new-".count))")
        }
        return kept
    }

    /// Whether a snapshot with that UUID stands where received ones are kept.
    private func isReceived(_ uuid: String) async throws -> Bool {
        for name in try namesInDirectory(snapshots) ?? [] {
            if try await Btrfs.show(snapshots.appending(name))?.uuid == uuid { return true }
        }
        return false
    }

    /// Under that name beside the working copy, or with a number behind it: two may be kept in one second.
    private func keep(_ path: FilePath, as name: String) throws -> FilePath {
        var (kept, number) = (code.sibling(name), 1)
        while pathExists(kept) {
            number += 1
            kept = code.sibling("\(name)-\(number)")
        }
        try renameToNewName(path, kept)
        return kept
    }

    private func isUnchangedCopy(of received: FilePath) async throws -> Bool {
        guard let copy = try await Btrfs.show(code), let source = try await Btrfs.show(received),
            copy.parentUUID == source.uuid
        else { return false }
        if copy.isUntouched { return true }
        // Reading is enough to move the generation: it sets access times. So the trees themselves are compared.
        let mine = try await TreeHash.of(code)
        return try await mine.digest == TreeHash.of(received).digest && mine.findings.isEmpty
    }
}

extension WorkingCopy.Outcome {
    var json: JSONObject { ["new": .bool(isNew), "kept": kept.map { .string($0.string) } ?? .null] }

    init?(_ object: JSONObject) {
        guard case .bool(let isNew)? = object["new"] else { return nil }
        self.init(isNew: isNew, kept: object["kept"]?.string.map { FilePath($0) })
    }
}
