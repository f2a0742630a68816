internal import CLinux
package import DurableFiles
internal import Glibc
package import SystemPackage

/// What in a tree gives power to anybody who can reach it: set-user-ID and set-group-ID bits of files, file
/// capabilities, device nodes.
///
/// A set-group-ID bit of a directory is none of it. What is made in such a directory gets its group, and nothing that
/// is executed gets any right from it; projects that several people share need it.
package struct Power: Sendable, Equatable {
    package var setID = 0
    package var capabilities = 0
    package var devices = 0
    /// The first of what was found, below the top of the tree.
    package var examples: [TreePath] = []

    private static let examplesAtMost = 5
    static let attribute: [UInt8] = Array("security.capability".utf8)

    package init() {}

    package var isNone: Bool { setID + capabilities + devices == 0 }

    /// Takes it out of a tree that nobody but root can reach meanwhile, by descriptors, following no link. A directory
    /// that loses a device node keeps its times.
    ///
    /// - Returns: what was taken out.
    package static func remove(from top: FilePath) throws(FileFailure) -> Power {
        var power = Power()
        var walk = try TreeWalk(top)
        _ = try walk.walk { object throws(Errno) in try power.take(from: object) }
        return power
    }

    private mutating func take(from object: TreeObject) throws(Errno) {
        var isFound = false
        switch object.kind {
        case S_IFCHR, S_IFBLK:
            try object.directory.unlinkUnseen(object.name)
            devices += 1
            isFound = true
        case S_IFREG:
            let attributes = try object.directory.attributes(object.name)
            let hasCapability = attributes.contains { $0.key == Self.attribute }
            guard hasCapability || object.status.st_mode & Self.setIDBits != 0 else { return }
            let file = try object.directory.file(object.name)
            defer { try? file.close() }
            if hasCapability {
                guard unsafe fremovexattr(file.rawValue, "security.capability") == 0 else { throw Self.failure }
                capabilities += 1
            }
            if object.status.st_mode & Self.setIDBits != 0 {
                guard fchmod(file.rawValue, object.status.st_mode & 0o7777 & ~Self.setIDBits) == 0 else {
                    throw Self.failure
                }
                setID += 1
            }
            isFound = true
        default: return
        }
        if isFound && examples.count < Self.examplesAtMost { examples.append(object.path) }
    }

    static let setIDBits: mode_t = 0o6000

    private static var failure: Errno { Errno(rawValue: clinux_errno()) }
}

extension TreeObject {
    /// Nil where the object itself is power; else the same without it, as `Power.remove` leaves it.
    var withoutPower: TreeObject? {
        switch kind {
        case S_IFCHR, S_IFBLK: return nil
        case S_IFREG:
            var status = status
            status.st_mode &= ~Power.setIDBits
            return TreeObject(path: path, name: name, status: status, directory: directory, hidesCapability: true)
        default: return self
        }
    }
}
