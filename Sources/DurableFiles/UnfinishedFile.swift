internal import CLinux
internal import Glibc
internal import SystemPackage

/// A file under a temporary name next to the one that it is to become.
///
/// It is locked for as long as its writer lives, whatever ends it: so what a killed writer has left can be
/// distinguished from what another one is writing, and is removed by the next.
struct UnfinishedFile: ~Copyable {
    let path: FilePath
    let file: OpenFile

    init(for target: FilePath, permissions: FilePermissions) throws(FileFailure) {
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        let path = target.sibling(Self.prefix(of: target) + number + Self.suffix)
        while true {
            let file = try OpenFile(
                path, .writeOnly, options: [.create, .exclusiveCreate, .noFollow], permissions: permissions)
            try check(clinux_flock(file.descriptor.rawValue, LOCK_EX), "lock", path)
            // Between the two another writer may have taken it for a leftover.
            if try file.linkCount() > 0 {
                self.path = path
                self.file = file
                return
            }
        }
    }

    /// Gives the file its name, in place of what had it; durable once the directory is.
    func rename(to target: FilePath) throws(FileFailure) {
        try check(unsafe Glibc.rename(path.string, target.string), "rename to", target)
    }

    func remove() { _ = unsafe unlink(path.string) }

    /// Removes what writers have left that were killed. Best effort: leftovers do no harm.
    static func removeLeftovers(of target: FilePath) {
        let (prefix, directory) = (prefix(of: target), target.removingLastComponent())
        for name in (try? namesInDirectory(directory.isEmpty ? "." : directory)) ?? []
        where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
            let path = target.sibling(name)
            // One that was finished may be for reading alone.
            guard let file = try? OpenFile(path, .readOnly, options: [.noFollow, .nonBlocking]),
                clinux_flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB) == 0
            else { continue }
            _ = unsafe unlink(path.string)
        }
    }

    private static let suffix = ".new"
    private static func prefix(of target: FilePath) -> String { ".\(target.lastComponent?.string ?? "file")." }
}
