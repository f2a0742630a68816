import CLinux
import DurableFiles
import Glibc
import JournalStore
package import Machines
package import SystemPackage

/// The server's repository as root may read it when it is another account's, who could put links in the place of its
/// files: a copy of its mount that is attached nowhere, in which nothing can be written and no symbolic link is followed.
/// What root reads there must be a regular file of that account.
package final class RepositoryView {
    /// What the configuration says, but that the server's root is the view.
    package let machine: Machine
    private let root: FilePath
    private let mount: FileDescriptor?
    /// Whose files they are.
    package let owner: UInt32

    /// Of a repository that is this user's own, the repository itself.
    package init(_ machine: Machine) throws {
        root = machine.serverRoot
        owner = try Self.owner(of: machine.server)
        if owner == geteuid() {
            mount = nil
            self.machine = machine
            return
        }
        let directory = unsafe clinux_open_directory(AT_FDCWD, root.string)
        guard directory >= 0 else { throw FileFailure("open", root, Errno(rawValue: clinux_errno())) }
        defer { close(directory) }
        let clone = unsafe clinux_clone_mount(directory, "", 1)
        let refused =
            clinux_no_writing | clinux_no_devices | clinux_no_set_user_id | clinux_no_execution | clinux_no_links
        guard clone >= 0, clinux_restrict_mount(clone, Int32(refused), 1) == 0 else {
            throw FileFailure("look into, without following links,", root, Errno(rawValue: clinux_errno()))
        }
        mount = FileDescriptor(rawValue: clone)
        var seen = machine
        seen.configuration.readServer(at: FilePath("/proc/self/fd/\(clone)"))
        self.machine = seen
    }

    private static func owner(of server: ServerTree) throws -> UInt32 {
        let path = server.journal.path
        return try attempt("look at", path) { try path.stat(followTargetSymlink: false).userID.rawValue }
    }

    /// The file of that path below the server's root, which only `read` below may open.
    package func file(_ path: String) throws -> FilePath {
        let relative = FilePath(path)
        guard relative.isRelative, !relative.components.contains(where: { $0.kind != .regular }) else {
            throw RestoreError.leadsOut(relative, of: root)
        }
        return machine.serverRoot.pushing(relative)
    }

    /// Refuses what is not a regular file of the account; a pipe would be waited for.
    package func requireOwn(_ file: FilePath) throws {
        guard mount != nil, pathExists(file) else { return }
        let status = try attempt("look at", file) { try file.stat(followTargetSymlink: false) }
        guard status.type == .regular, [0, owner].contains(status.userID.rawValue) else {
            throw RestoreError.notTheAccountsFile(file)
        }
    }

    /// The same for all files of a directory that are going to be read.
    package func requireOwn(filesOf directory: FilePath) throws {
        guard mount != nil else { return }
        for name in try namesInDirectory(directory) ?? [] {
            let file = directory.appending(name)
            let isDirectory = try attempt("look at", file) {
                try file.stat(followTargetSymlink: false).type == .directory
            }
            if !isDirectory { try requireOwn(file) }
        }
    }

    /// Runs what reads here; errors name files by their own paths.
    package func reading<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch  where mount != nil {
            throw SeenInViewError(error, seen: machine.serverRoot, real: root)
        }
    }

    deinit {
        try? mount?.close()
    }
}
