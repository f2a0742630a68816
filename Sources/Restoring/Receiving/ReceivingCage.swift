import CLinux
import DurableFiles
import Glibc
import Machines
import Sealing
package import SystemPackage
import VisibleText

/// Where `btrfs receive` runs: a stream that another machine made is access to files as root, so the program gets a
/// world in which there is nothing to reach.
///
/// - It has a mount namespace of its own. Its root is a small read-only directory in memory with the system's programs
///   and libraries, read-only, and the file system that holds the staging directory, once. Nothing else is mounted: no
///   `/proc`, no `/dev`, no other disk.
/// - Of that file system it sees the innermost subvolume that holds the staging directory, a `ReceivingRoom` with nothing
///   in it but the parent, because `btrfs receive` looks for an increment's parent from a mount's top. There no device can be
///   opened (`nodev`), nothing be executed (`nosuid`, `noexec`), and no symbolic link be followed (`nosymfollow`), be it
///   in the parent or in what is received.
/// - It sees no process outside, can signal none, and what it starts ends with it.
/// - `btrfs receive -C` then makes the staging directory its root.
/// - It keeps the capabilities without which it cannot do its work, and can gain no other.
/// - No file gets larger than it may be.
///
/// Where any of that cannot be had, nothing is received. What the program writes to standard error is handed on line by
/// line, as text that steers no terminal.
package struct ReceivingCage {
    /// The directory that is received in.
    package let staging: FilePath
    /// The most bytes that one file may have, holes included.
    package let largestFile: Int

    package init(staging: FilePath, largestFile: Int) {
        self.staging = staging
        self.largestFile = largestFile
    }

    /// `btrfs receive` chowns, makes devices, sets file capabilities, and passes by permissions; it sets read-only
    /// subvolumes and their UUIDs (SYS_ADMIN), keeps set-group-ID bits (FSETID) and enters the staging directory.
    /// CAP_DAC_READ_SEARCH is not among them: it opens files by handle, from outside of any directory.
    private static let capabilities: [UInt64] = [
        0,  // CHOWN
        1,  // DAC_OVERRIDE
        3,  // FOWNER
        4,  // FSETID
        18,  // SYS_CHROOT
        21,  // SYS_ADMIN
        27,  // MKNOD
        31,  // SETFCAP
    ]

    /// Where the file system lies in the cage.
    private static let place = "received"
    private static let programs = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"]
    private static let environment = [
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
    ]
    /// Lines of messages that are handed on at most, and bytes of one.
    private static let (linesAtMost, lineAtMost) = (50, 2000)

    /// What runs this program again as the cage around `btrfs receive`.
    package var command: [String] {
        [Self.ownProgram, "receive-in-cage", "--largest-file", "\(largestFile)", staging.string]
    }

    /// A receiver's failure by the name of what a person knows of it.
    package static func named(_ error: any Error) -> any Error {
        guard case .consumerFailed(let command, let status)? = error as? OpenError,
            command.contains(" receive-in-cage ")
        else { return error }
        return OpenError.consumerFailed(command: "btrfs receive", status)
    }

    private static var ownProgram: String {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = unsafe readlink("/proc/self/exe", &target, Int(PATH_MAX))
        guard length > 0 else { return "/proc/self/exe" }
        return String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Turns this process into the cage, and receives what comes on standard input. To be called by the thread that the
    /// process began with.
    ///
    /// - Parameter say: told what `btrfs receive` says.
    /// - Returns: how `btrfs receive` ended, as a shell says it.
    package func receive(saying say: (Line) -> Void) throws -> Int32 {
        let directory = try enter()
        let (readEnd, writeEnd) = try attempt("make", "a pipe") { try FileDescriptor.pipe(options: .closeOnExec) }
        let arguments = ["btrfs", "-q", "receive", "-C", directory]
        var words = unsafe (arguments.map { unsafe strdup($0) }) + [nil]
        var settings = unsafe (Self.environment.map { unsafe strdup($0) }) + [nil]
        let child = unsafe clinux_spawn(&words, &settings, writeEnd.rawValue)
        guard child > 0 else { throw Self.failure("start", "btrfs receive") }
        try? writeEnd.close()
        // From here on the stream is the child's alone: who writes it is to see when nobody reads it any more.
        close(STDIN_FILENO)
        handOn(readEnd, hiding: "Chroot to ", say)
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0 {
            guard clinux_errno() == EINTR else { throw Self.failure("wait for", "btrfs receive") }
        }
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }

    // MARK: The walls

    /// - Returns: the staging directory as it is called in the cage.
    private func enter() throws -> String {
        guard clinux_own_world() == 0 else { throw Self.failure("get mounts of its own for", "btrfs receive") }
        let tree = try SubvolumeTree(holding: staging)
        let held = unsafe clinux_clone_mount(tree.top.rawValue, "", 0)
        guard held >= 0 else { throw Self.failure("clone the mount of", staging) }
        let refused = clinux_no_devices | clinux_no_set_user_id | clinux_no_execution | clinux_no_links
        guard clinux_restrict_mount(held, Int32(refused), 0) == 0 else {
            throw Self.failure("restrict the mount of", staging)
        }
        let root = clinux_new_tmpfs()
        // It needs a place where it is attached; in these mounts nobody else misses what lies there.
        guard root >= 0, unsafe clinux_attach_mount(root, tree.directory.rawValue, "") == 0 else {
            throw Self.failure("make a root for", "btrfs receive")
        }
        try furnish(root)
        guard unsafe mkdirat(root, Self.place, 0o700) == 0, unsafe clinux_attach_mount(held, root, Self.place) == 0
        else {
            throw Self.failure("attach", staging)
        }
        guard clinux_restrict_mount(root, Int32(clinux_no_writing), 0) == 0, clinux_enter_root(root) == 0 else {
            throw Self.failure("enter the root of", "btrfs receive")
        }
        let inside = "/" + ([Self.place] + tree.names).joined(separator: "/")
        try tree.requireSame(inside)
        // Everything else that is open shows the world outside.
        guard clinux_close_from(3) == 0, clinux_limit_file_size(UInt64(largestFile)) == 0,
            clinux_keep_capabilities(Self.capabilities.reduce(0) { $0 | 1 << $1 }) == 0
        else { throw Self.failure("give up the rights of", "root") }
        return inside
    }

    /// Programs and libraries as they are here, and what libc's `getmntent` is to read.
    private func furnish(_ root: Int32) throws {
        for name in Self.programs {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            if unsafe readlink("/\(name)", &target, Int(PATH_MAX)) > 0 {
                guard unsafe symlinkat(target, root, name) == 0 else { throw Self.failure("link", "/\(name)") }
            } else if pathExists(FilePath("/\(name)")) {
                let mount = unsafe clinux_clone_mount(AT_FDCWD, "/\(name)", 1)
                let refused = clinux_no_writing | clinux_no_set_user_id | clinux_no_devices
                guard mount >= 0, clinux_restrict_mount(mount, Int32(refused), 1) == 0,
                    unsafe mkdirat(root, name, 0o755) == 0, unsafe clinux_attach_mount(mount, root, name) == 0
                else { throw Self.failure("show", "/\(name)") }
                close(mount)
            }
        }
        try write("/\(Self.place) /\(Self.place) btrfs rw 0 0\n", to: ["proc", "self", "mounts"], root)
    }

    private func write(_ text: String, to path: [String], _ root: Int32) throws {
        for depth in 1..<path.count {
            guard unsafe mkdirat(root, path[..<depth].joined(separator: "/"), 0o755) == 0 else {
                throw Self.failure("make", "/proc")
            }
        }
        let name = path.joined(separator: "/")
        let descriptor = unsafe clinux_open_new_at(root, name)
        guard descriptor >= 0 else { throw Self.failure("make", "/\(name)") }
        let file = OpenFile(adopting: FileDescriptor(rawValue: descriptor), path: FilePath("/\(name)"))
        try file.write(Array(text.utf8).span)
        try file.close()
    }

    private static func failure(_ action: String, _ path: FilePath) -> ReceivingError {
        .noCage("\(FileFailure(action, path, Errno(rawValue: clinux_errno())))")
    }

    private static func failure(_ action: String, _ what: String) -> ReceivingError { failure(action, FilePath(what)) }

    // MARK: What is heard of it

    /// A line of `btrfs receive`, or that more of them are left out.
    package enum Line {
        case of([UInt8])
        case more
    }

    private func handOn(_ messages: FileDescriptor, hiding hidden: String, _ say: (Line) -> Void) {
        var line: [UInt8] = []
        var lines = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        func end() {
            defer { line.removeAll(keepingCapacity: true) }
            if line.isEmpty || line.starts(with: hidden.utf8) { return }
            lines += 1
            if lines <= Self.linesAtMost { say(.of(line)) }
            if lines == Self.linesAtMost { say(.more) }
        }
        while let count = try? unsafe buffer.withUnsafeMutableBytes({ try unsafe messages.read(into: $0) }), count > 0 {
            for byte in buffer[..<count] {
                if byte == UInt8(ascii: "\n") {
                    end()
                } else if line.count < Self.lineAtMost {
                    line.append(byte)
                }
            }
        }
        end()
        try? messages.close()
    }
}

/// The innermost subvolume that holds a directory, and the way from its top to there.
private struct SubvolumeTree: ~Copyable {
    package let top: FileDescriptor
    package let directory: FileDescriptor
    package let names: [String]
    private let path: FilePath

    package init(holding path: FilePath) throws {
        guard let resolved = unsafe realpath(path.string, nil) else {
            throw FileFailure("find", path, Errno(rawValue: clinux_errno()))
        }
        defer { unsafe free(resolved) }
        let whole = unsafe FilePath(String(cString: resolved))
        let directory = try Self.open(AT_FDCWD, whole.string, whole)
        var top = directory
        var names: [String] = []
        var components = Array(whole.components.map(\.string))
        let device = try attempt("look at", path) { try directory.stat().deviceID }
        // The top of a subvolume has this number.
        while try attempt("look at", path, { try top.stat().inode.rawValue }) != 256, let name = components.popLast() {
            let above = try Self.open(top.rawValue, "..", path)
            // A directory that is mounted alone ends there.
            guard try attempt("look at", path, { try above.stat().deviceID }) == device else { break }
            names.insert(name, at: 0)
            top = above
        }
        self.path = path
        self.directory = directory
        self.top = top
        self.names = names
    }

    private static func open(_ directory: Int32, _ name: String, _ path: FilePath) throws -> FileDescriptor {
        let opened = unsafe clinux_open_directory(directory, name)
        guard opened >= 0 else { throw FileFailure("open", path, Errno(rawValue: clinux_errno())) }
        return FileDescriptor(rawValue: opened)
    }

    /// What was mounted in between would hide the directory.
    package func requireSame(_ inside: String) throws {
        let found = try attempt("look at", path) { try FilePath(inside).stat(followTargetSymlink: false) }
        let meant = try attempt("look at", path) { try directory.stat() }
        guard found.inode == meant.inode, found.deviceID == meant.deviceID else {
            throw ReceivingError.mountInside(path)
        }
    }
}
