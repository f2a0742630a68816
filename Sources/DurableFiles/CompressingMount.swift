package import SystemPackage

/// Whether the file system that holds the path compresses what is written to it, by its mount options: what goes in
/// then says little about what it takes. False where that cannot be known.
package func compressesWrites(holding path: FilePath) -> Bool {
    guard let mounts = try? readFile("/proc/self/mountinfo", limit: 1 << 24) else { return false }
    return compressesWrites(path.lexicallyNormalized(), mounts: String(decoding: mounts, as: UTF8.self))
}

/// - Parameter mounts: as in proc_pid_mountinfo(5): the mount point is the fifth word, and the file system's own
///   options are the third after a lone `-`. White space in paths is escaped, so such a mount is not found.
func compressesWrites(_ path: FilePath, mounts: String) -> Bool {
    var found = (length: -1, options: Substring())
    for line in mounts.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count > 4, let dash = words.firstIndex(of: "-"), dash + 3 < words.count else { continue }
        let point = FilePath(String(words[4]))
        // The last of several on one place is the one in sight.
        guard path.starts(with: point), point.length >= found.length else { continue }
        found = (point.length, words[dash + 3])
    }
    return found.options.split(separator: ",").contains { $0.hasPrefix("compress=") || $0.hasPrefix("compress-force=") }
}
