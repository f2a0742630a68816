import Backup
import DurableFiles
package import Machines
import Sealing
import SystemPackage

/// What is remembered of CODE: the subvolume and its owner, in WS_STATE/code.
package struct CodeIdentity: Equatable {
    package let uuid: String
    package let owner: UInt32

    package init(uuid: String, owner: UInt32) {
        self.uuid = uuid
        self.owner = owner
    }

    private static func path(_ machine: Machine) -> FilePath {
        machine.workstationState.appending("code")
    }

    /// Nil where no month was taken yet.
    package static func remembered(_ machine: Machine) throws -> CodeIdentity? {
        let path = path(machine)
        guard pathExists(path) else { return nil }
        let words = String(decoding: try readFile(path, limit: 256), as: UTF8.self).split { $0 == " " || $0.isNewline }
        guard words.count == 2, SubvolumeUUID(String(words[0])) != nil, let owner = UInt32(words[1]) else {
            throw MonthSnapshotError.rememberedUnreadable(path)
        }
        return CodeIdentity(uuid: String(words[0]), owner: owner)
    }

    /// Of the subvolumes that a month's snapshot may be of: the remembered one, and the one that is there, where that is
    /// known or none is remembered.
    package static func uuids(_ machine: Machine) throws -> Set<String> {
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

    /// Whether CODE is the subvolume that is remembered.
    package enum Recognition: String, Sendable {
        case known
        /// None is remembered.
        case new
        case other
    }

    /// Looks at CODE as it is now.
    ///
    /// - Parameter accept: whether it is remembered from now on.
    package static func recognise(_ machine: Machine, accept: Bool) throws -> (Recognition, CodeIdentity) {
        let code = try CodeSubvolume(machine.code)
        let identity = CodeIdentity(uuid: code.uuid, owner: code.owner)
        let remembered = try remembered(machine)
        if accept { try identity.remember(machine) }
        guard let remembered else { return (.new, identity) }
        if remembered == identity { return (.known, identity) }
        guard pathExists(machine.snapshots),
            try code.isKnown(remembered, in: OpenDirectory.rootsOwn(machine.snapshots))
        else { return (.other, identity) }
        return (.known, identity)
    }

    package func remember(_ machine: Machine) throws {
        if try Self.remembered(machine) == self { return }
        try makeDirectories(machine.workstationState, permissions: 0o700)
        try writeFileAtomically(
            Self.path(machine), Array("\(uuid) \(owner)\n".utf8), permissions: .ownerReadWrite)
    }
}
