import Backup
import CLinux
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

/// The server's plain, writable copy of the code, derived from a received snapshot.
struct WorkingCopy {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// Replaces the working copy. The one before, edits included, is kept beside it under a dated name.
    func derive(from received: FilePath, _ label: Label) async throws {
        let code = configuration.code
        if try await isUntouchedCopy(of: received) {
            Terminal.say("\(code) is \(label) already; nothing changed")
            return
        }
        try makeDirectories(code.removingLastComponent())
        let time = Clock.now().description.filter { $0 != ":" }.prefix(17)
        let fresh = code.sibling(".\(code.lastComponent?.string ?? "code").new-\(time)")
        do {
            try await Btrfs.snapshot(received, to: fresh, readOnly: false)
        } catch let complaint as Complaint {
            throw Complaint(
                complaint.message,
                hint:
                    "\(code) and \(configuration.server.received) must be on one Btrfs file system; or set WORKTREE=off",
                .failed)
        }
        var kept: FilePath?
        if pathExists(code) {
            // The exchange is one step: at no moment is there no working copy.
            try check(unsafe clinux_rename_exchange(fresh.string, code.string), "exchange", code)
            let before = code.sibling("\(code.lastComponent?.string ?? "code").before-\(label.monthText)-\(time)")
            try renameToNewName(fresh, before)
            kept = before
        } else {
            try renameToNewName(fresh, code)
        }
        try synchronizeFileSystem(holding: code)
        if let kept { Terminal.say("the working copy before this one is kept as \(kept)") }
        var journal = try configuration.openJournal()
        _ = try configuration.record(
            .recordWorktree(label, path: code.string, kept: kept?.string), in: &journal)
    }

    private func isUntouchedCopy(of received: FilePath) async throws -> Bool {
        guard let code = try await Btrfs.show(configuration.code), let source = try await Btrfs.show(received)
        else { return false }
        return code.parentUUID == source.uuid && code.isUntouched
    }
}
