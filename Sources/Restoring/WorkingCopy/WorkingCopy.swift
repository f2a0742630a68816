package import Backup
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import SystemPackage
import Threads
import TreeHash
import VisibleText

/// A plain, writable copy of the code, derived from a received snapshot. Making it needs root.
package struct WorkingCopy {
    package struct Outcome: Sendable, Equatable {
        /// Whether anything was done; false where the copy is that snapshot's already.
        package let isNew: Bool
        /// The copy that was replaced, edits included.
        package let kept: FilePath?
        /// What was taken out of it.
        package let unpowered: Unpowered?

        package init(isNew: Bool, kept: FilePath?, unpowered: Unpowered? = nil) {
            self.isNew = isNew
            self.kept = kept
            self.unpowered = unpowered
        }
    }

    /// The copy itself.
    package let code: FilePath
    /// Where the snapshots are that it is derived from; both are on one Btrfs file system.
    package let snapshots: FilePath

    /// Whether set-user-ID and set-group-ID bits of files, file capabilities and device nodes stay in it. They came
    /// from another machine, and everybody who can log in here could use them.
    package let keepsPower: Bool
    private let effects: Effects
    private let subvolumes: any SubvolumeCalls

    package init(
        code: FilePath, snapshots: FilePath, keepsPower: Bool, _ effects: Effects,
        _ subvolumes: any SubvolumeCalls = KernelSubvolumes()
    ) {
        self.subvolumes = subvolumes
        self.code = code
        self.snapshots = snapshots
        self.keepsPower = keepsPower
        self.effects = effects
    }

    /// Replaces the working copy. The one before, if it was edited, is kept next to it under a dated name; one that is
    /// equal to its snapshot needs no second copy.
    package func derive(from received: FilePath, _ label: Label) async throws -> Outcome {
        // A subvolume's generation tells of edits once they are on the disk.
        if pathExists(code.removingLastComponent()) {
            try synchronizeFileSystem(holding: code.removingLastComponent())
        }
        let name = code.lastComponent?.string ?? "code"
        // Root makes none: by a link above it the directory's owner could choose where.
        guard pathExists(code.removingLastComponent()) else {
            throw WorkingCopyError.noDirectory(code.removingLastComponent())
        }
        try requireExchangeable()
        let left = try UnfinishedCopy.takeUpLeftovers(beside: code, subvolumes).map(code.sibling)
        if try await isUnchangedCopy(of: received) { return Outcome(isNew: false, kept: left) }
        let time = effects.clock.now().nameText.prefix(17)
        let fresh = try UnfinishedCopy(beside: code, time: String(time), subvolumes)
        do {
            try fresh.make(from: received)
        } catch {
            fresh.discard()
            throw WorkingCopyError.notMade("\(error)", code: code, snapshots: snapshots)
        }
        var power: Power?
        let kept: String?
        do {
            if !keepsPower {
                let path = fresh.path
                power = try await onOwnThread { Result { try Power.remove(from: path) } }.get()
            }
            try fresh.finish()
            kept = try await fresh.exchange(keepingAs: "\(name).before-\(label.monthText).at-\(time)") { before in
                try await KeptCopies(code: code, places: [.init(path: snapshots, keepsPower: keepsPower)], subvolumes)
                    .isSecondCopy(before)
            }
        } catch {
            fresh.discard()
            throw error
        }
        try synchronizeFileSystem(holding: code)
        if let power, !power.isNone { effects.reporter.say("\(code) does not get \(Self.words(power))") }
        return Outcome(
            isNew: true, kept: kept.map(code.sibling),
            unpowered: power.flatMap { power in
                power.isNone
                    ? nil : Unpowered(setID: power.setID, capabilities: power.capabilities, devices: power.devices)
            })
    }

    /// Complains where no other tree can take the place of the one that is there: a rename exchanges a symbolic link in
    /// place of what it leads to, and a mount point not at all. What is not there, or may not be looked at, is left to
    /// who works on it.
    package func requireExchangeable(instead: String? = nil) throws {
        try Self.requireStraight(code)
        guard let name = code.lastComponent?.string,
            let parent = try? OpenDirectory.withoutLinks(code.removingLastComponent()),
            (try? parent.directory(name).isMountPoint()) == true
        else { return }
        throw WorkingCopyError.mountPoint(code: code, instead: instead)
    }

    /// Refuses a path in which there is a symbolic link.
    package static func requireStraight(_ code: FilePath) throws(WorkingCopyError) {
        if let target = throughFirstLink(code) { throw .linkInPath(code: code, to: target) }
    }

    private static func words(_ power: Power) -> String {
        let counts = [
            (power.setID, "set-user-ID or set-group-ID bit"), (power.capabilities, "file capability"),
            (power.devices, "device node"),
        ]
        let parts = counts.filter { $0.0 > 0 }.map { count, noun in
            count == 1 ? "1 \(noun)" : "\(count) " + (noun.hasSuffix("y") ? "\(noun.dropLast())ies" : "\(noun)s")
        }
        let names = power.examples.map { VisibleText.line($0.text) }
        let more = power.setID + power.capabilities + power.devices > names.count ? ", …" : ""
        return parts.joined(separator: ", ") + " of the snapshot: " + names.joined(separator: ", ") + more
    }

    private var btrfs: Btrfs { Btrfs(effects.programs) }

    private func isUnchangedCopy(of received: FilePath) async throws -> Bool {
        guard let copy = try await btrfs.show(code), let source = try await btrfs.show(received),
            copy.parentUUID == source.uuid
        else { return false }
        if copy.isUntouched { return true }
        // Reading is enough to move the generation: it sets access times. So the trees themselves are compared.
        let mine = try await TreeHash.of(code)
        return try await mine.digest == TreeHash.of(received, withoutPower: !keepsPower).digest && mine.findings.isEmpty
    }
}

extension WorkingCopy.Outcome {
    package var json: JSONObject {
        [
            "new": .bool(isNew), "kept": kept.map { .string($0.string) } ?? .null,
            "unpowered": unpowered.map { .object($0.json) } ?? .null,
        ]
    }

    package init?(_ object: JSONObject) {
        guard case .bool(let isNew)? = object["new"] else { return nil }
        self.init(
            isNew: isNew, kept: object["kept"]?.string.map { FilePath($0) },
            unpowered: object["unpowered"]?.object.flatMap { Unpowered($0) })
    }
}
