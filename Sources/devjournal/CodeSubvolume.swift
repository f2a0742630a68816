import Backup
import DurableFiles
import Machines
import Sealing
import SystemPackage

/// CODE as it is recognised from month to month. It lies in its user's home, where he can put anything under its name; what
/// root takes a snapshot of is opened without links, must be the subvolume that it was, and is worked on by that descriptor.
struct CodeSubvolume: ~Copyable {
    let directory: OpenDirectory
    let uuid: String
    let owner: UInt32

    /// Opens it and sees that it is a Btrfs subvolume.
    init(_ path: FilePath) throws {
        let opened = try Self.open(path)
        guard let found = try opened.subvolume(), let uuid = SubvolumeUUID(found.uuid) else {
            throw Self.noSubvolume(path)
        }
        directory = opened
        self.uuid = uuid.description
        owner = found.owner
    }

    private static func open(_ path: FilePath) throws -> OpenDirectory {
        do throws(FileFailure) {
            return try OpenDirectory.withoutLinks(path)
        } catch {
            switch error.errno {
            case .tooManySymbolicLinkLevels: throw Complaint(linkInPathOfCode: path)
            case .noSuchFileOrDirectory, .notDirectory: throw noSubvolume(path)
            default: throw error
            }
        }
    }

    private static func noSubvolume(_ path: FilePath) -> Complaint {
        Complaint("\(path) is not a Btrfs subvolume", hint: "btrfs subvolume create makes one", .failed)
    }

    /// Refuses another subvolume than the one that was remembered. A copy of one of the snapshots that root keeps is what a
    /// restore makes: nobody else can make one.
    func require(_ known: CodeIdentity?, of path: FilePath, in snapshots: borrowing OpenDirectory) throws {
        guard try directory.isOnFileSystem(of: snapshots) else {
            throw Complaint(
                "\(path) and \(snapshots.path) are on two file systems, which a snapshot cannot cross",
                hint: "sudo init_WS.sh moves the snapshots, where SNAPSHOTS names no place", .refused)
        }
        guard let known, try !isKnown(known, in: snapshots) else { return }
        let difference =
            known.uuid == uuid
            ? "belongs to user \(owner), and belonged to user \(known.owner)"
            : "is subvolume \(uuid) of user \(owner), and was \(known.uuid) of user \(known.owner)"
        throw Complaint(
            "\(path) \(difference)",
            hint: "find out who changed it; if it was you: sudo init_WS.sh --accept-code", .refused)
    }

    func isKnown(_ known: CodeIdentity, in snapshots: borrowing OpenDirectory) throws -> Bool {
        try known == CodeIdentity(uuid: uuid, owner: owner) || isCopy(ofOneIn: snapshots)
    }

    private func isCopy(ofOneIn snapshots: borrowing OpenDirectory) throws -> Bool {
        guard let parent = try directory.subvolume()?.parentUUID else { return false }
        for name in try snapshots.names() where try snapshots.kind(of: name) == .directory {
            if try snapshots.directory(name).subvolume()?.uuid == parent { return true }
        }
        return false
    }
}

extension Complaint {
    /// Root follows no link in a path that its user can change; a person names where it leads.
    init(linkInPathOfCode path: FilePath) {
        let target = throughFirstLink(path)
        self.init(
            "there is a symbolic link in the path of CODE, \(path), and root does not follow it"
                + (target.map { ": it leads to \($0)" } ?? ""),
            hint: target.map { "CODE=\($0) in the configuration" } ?? "name the real path in the configuration",
            .refused)
    }
}

/// What is remembered of CODE: the subvolume and its owner, in WS_STATE/code.
struct CodeIdentity: Equatable {
    let uuid: String
    let owner: UInt32

    private static func path(_ machine: Machine) -> FilePath {
        machine.workstationState.appending("code")
    }

    /// Nil where no month was taken yet.
    static func remembered(_ machine: Machine) throws -> CodeIdentity? {
        let path = path(machine)
        guard pathExists(path) else { return nil }
        let words = String(decoding: try readFile(path, limit: 256), as: UTF8.self).split { $0 == " " || $0.isNewline }
        guard words.count == 2, SubvolumeUUID(String(words[0])) != nil, let owner = UInt32(words[1]) else {
            throw Complaint(
                "\(path) holds no subvolume and owner", hint: "remove it, then: sudo init_WS.sh", .damaged)
        }
        return CodeIdentity(uuid: String(words[0]), owner: owner)
    }

    /// Of the subvolumes that a month's snapshot may be of: the remembered one, and the one that is there, where that is
    /// known or none is remembered.
    static func uuids(_ machine: Machine) throws -> Set<String> {
        let remembered = try remembered(machine)
        var uuids = Set([remembered?.uuid].compactMap(\.self))
        let snapshots = try OpenDirectory.rootsOwn(machine.snapshots)
        if let code = try? CodeSubvolume(machine.code),
            try remembered.map({ try code.isKnown($0, in: snapshots) }) ?? true
        {
            uuids.insert(code.uuid)
        }
        return uuids
    }

    func remember(_ machine: Machine) throws {
        if try Self.remembered(machine) == self { return }
        try makeDirectories(machine.workstationState, permissions: 0o700)
        try writeFileAtomically(
            Self.path(machine), Array("\(uuid) \(owner)\n".utf8), permissions: .ownerReadWrite)
    }
}
