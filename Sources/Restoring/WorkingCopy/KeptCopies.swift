import Backup
import DurableFiles
package import SystemPackage
package import TreeHash

/// The working copies that newer ones have replaced, next to CODE under dated names, and the snapshots they were made
/// of.
///
/// They lie where their user can put something else under their names: all is done by descriptors.
package struct KeptCopies {
    /// Where snapshots are that copies are made of.
    package struct Place {
        package let path: FilePath
        /// As in `WorkingCopy`.
        package let keepsPower: Bool

        package init(path: FilePath, keepsPower: Bool) {
            self.path = path
            self.keepsPower = keepsPower
        }
    }

    package let code: FilePath
    package let places: [Place]
    private let subvolumes: any SubvolumeCalls

    package init(code: FilePath, places: [Place], _ subvolumes: any SubvolumeCalls = KernelSubvolumes()) {
        self.code = code
        self.places = places
        self.subvolumes = subvolumes
    }

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
        let isSubvolume = try subvolumes.subvolume(copy) != nil
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
        guard let parent = try subvolumes.subvolume(copy)?.parentUUID else { return nil }
        for place in places where pathExists(place.path) {
            let directory = try OpenDirectory(place.path)
            for name in try directory.names() where try directory.kind(of: name) == .directory {
                let found = try subvolumes.subvolume(try directory.directory(name))
                if found?.uuid == parent, found?.isReadOnly == true {
                    return Place(path: place.path.appending(name), keepsPower: place.keepsPower)
                }
            }
        }
        return nil
    }

    /// The name of a copy that a person names by its name or its path. Of a path nothing but its directory is believed:
    /// a copy of that name may stand next to another data set's code, too.
    package func name(of word: String) throws -> String {
        let path = FilePath(word)
        guard let name = path.lastComponent?.string else { return word }
        let directory = path.removingLastComponent()
        if directory.isEmpty { return name }
        guard let named = try? directory.stat(), let own = try? code.removingLastComponent().stat(),
            (named.deviceID, named.inode) == (own.deviceID, own.inode)
        else { throw WorkingCopyError.notBeside(path, code: code) }
        return name
    }

    package func remove(_ name: String) throws {
        let around = try OpenDirectory.withoutLinks(code.removingLastComponent())
        guard name.hasPrefix(Self.prefix(code)), !name.contains("/"), try around.kind(of: name) == .directory else {
            throw WorkingCopyError.noKeptCopy(name)
        }
        guard try subvolumes.subvolume(try around.directory(name)) != nil else {
            throw WorkingCopyError.plainDirectory(code.sibling(name))
        }
        try subvolumes.delete(name, in: around)
    }
}
