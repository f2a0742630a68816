import Backup
import DurableFiles
package import SystemPackage
package import TreeHash

/// The working copies that newer ones have replaced, beside CODE under dated names, and the snapshots they were made of.
///
/// They lie where their user can put something else under their names: all is done by descriptors.
package struct KeptCopies {
    /// Where snapshots are that copies are made of.
    package struct Place {
        package let path: FilePath
        /// As in `WorkingCopy`.
        package let keepsPower: Bool
    }

    package let code: FilePath
    package let places: [Place]

    package struct Copy {
        package let name: String
        /// The name of the snapshot that it was made of, if that is still there.
        package let source: String?
        /// From that snapshot.
        package let difference: TreeDifference?
        package let isSubvolume: Bool
    }

    private static func prefix(_ code: FilePath) -> String { "\(code.lastComponent?.string ?? "code").before-" }

    /// In the order of their names.
    package func all() async throws -> [Copy] {
        let around = try OpenDirectory.withoutLinks(code.removingLastComponent())
        var copies: [Copy] = []
        for name in try around.names() where name.hasPrefix(Self.prefix(code)) {
            guard try around.kind(of: name) == .directory else { continue }
            copies.append(try await look(at: try around.directory(name), named: name))
        }
        return copies
    }

    private func look(at copy: borrowing OpenDirectory, named name: String) async throws -> Copy {
        let isSubvolume = try copy.subvolume() != nil
        guard let source = try source(of: copy) else {
            return Copy(name: name, source: nil, difference: nil, isSubvolume: isSubvolume)
        }
        let difference = try await difference(copy.pathOfDescriptor, from: source)
        return Copy(
            name: name, source: source.path.lastComponent?.string, difference: difference, isSubvolume: isSubvolume)
    }

    /// Whether the subvolume at that path is still what it was made of, which is there.
    package func isSecondCopy(_ path: FilePath) async throws -> Bool {
        guard let source = try source(of: try OpenDirectory(path)) else { return false }
        return try await difference(path, from: source).count == 0
    }

    private func difference(_ copy: FilePath, from source: Place) async throws -> TreeDifference {
        try await TreeDifference.of(copy, from: source.path, isSnapshot: true, withoutPower: !source.keepsPower)
    }

    private func source(of copy: borrowing OpenDirectory) throws -> Place? {
        guard let parent = try copy.subvolume()?.parentUUID else { return nil }
        for place in places where pathExists(place.path) {
            let directory = try OpenDirectory(place.path)
            for name in try directory.names() where try directory.kind(of: name) == .directory {
                let found = try directory.directory(name).subvolume()
                if found?.uuid == parent, found?.isReadOnly == true {
                    return Place(path: place.path.appending(name), keepsPower: place.keepsPower)
                }
            }
        }
        return nil
    }

    package func remove(_ name: String) throws {
        let around = try OpenDirectory.withoutLinks(code.removingLastComponent())
        guard name.hasPrefix(Self.prefix(code)), !name.contains("/"), try around.kind(of: name) == .directory else {
            throw WorkingCopyError.noKeptCopy(name)
        }
        guard try around.directory(name).subvolume() != nil else {
            throw WorkingCopyError.plainDirectory(code.sibling(name))
        }
        try around.deleteSubvolume(name)
    }
}
