internal import DurableFiles
internal import SystemPackage

extension DirectoryStore {
    /// Names that cannot be in a key (`lost+found`) are not the store's and are passed over. A symbolic link or a
    /// device with a name that could be in a key is `invalid`: what it hides must not look like an absence.
    package func list(prefix: String) throws(StoreError) -> [ObjectInfo] {
        counter.add(requests: 1, bytes: 0)
        try ObjectKey.checkPrefix(prefix)
        var found: [ObjectInfo] = []
        var tally = ListingTally(ListingLimits())
        try collect(root, "", prefix, depth: 0, &tally, into: &found)
        return found.sorted { $0.key < $1.key }
    }

    /// - Parameter base: the key prefix of `directory`, empty or with a final slash.
    private func collect(
        _ directory: borrowing OpenDirectory, _ base: String, _ prefix: String, depth: Int,
        _ tally: inout ListingTally, into found: inout [ObjectInfo]
    ) throws(StoreError) {
        try tally.descend(depth)
        for name in try storing({ () throws(FileFailure) in try directory.names() }) {
            let path = base + name
            guard ObjectKey.isComponent(name), path != Self.area else { continue }
            let isWanted = path.hasPrefix(prefix)
            guard isWanted || (path + "/").hasPrefix(prefix) || prefix.hasPrefix(path + "/") else { continue }
            switch try storing({ () throws(FileFailure) in try directory.kind(of: name) }) {
            case .directory:
                // Gone since it was listed is as good as never there.
                guard let below = try openDirectory(name, in: directory) else { continue }
                try collect(below, path + "/", prefix, depth: depth + 1, &tally, into: &found)
            case .file where isWanted:
                let key = try ObjectKey(path)
                try tally.add(key)
                if let info = try describe(key, in: directory) { found.append(info) }
            case .other:
                throw .invalid("\(directory.path.appending(name)) is neither an object nor a directory")
            default:
                continue
            }
        }
    }

    private func openDirectory(
        _ name: String, in directory: borrowing OpenDirectory
    ) throws(StoreError) -> OpenDirectory? {
        do throws(FileFailure) {
            return try directory.directory(name)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw StoreError(error)
        }
    }
}
