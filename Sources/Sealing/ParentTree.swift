internal import CLinux
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// The snapshot that an increment starts from, where it is at hand: read-only, and asked what stands under a path.
struct ParentTree: ParentObjects {
    /// `BTRFS_EMPTY_SUBVOL_DIR_OBJECTID`
    private static let emptySubvolume: ino_t = 2

    private let directory: OpenDirectoryHandle

    init(_ path: FilePath) throws(FileFailure) {
        directory = OpenDirectoryHandle(
            try attempt("open", path) {
                try FileDescriptor.open(path, .readOnly, options: [.directory, .noFollow, .closeOnExec])
            })
    }

    func object(at path: [UInt8]) throws(StreamTree.CommandError) -> StreamTree.Object {
        var status = stat()
        let name = (path.isEmpty ? [UInt8(ascii: ".")] : path) + [0]
        guard unsafe clinux_status_beneath(directory.descriptor.rawValue, name, &status) == 0 else {
            switch clinux_errno() {
            case ENOENT: return .absent
            default: throw .path
            }
        }
        switch status.st_mode & S_IFMT {
        // What a snapshot shows in the place of a subvolume inside it: btrfs send does not know of it.
        case S_IFDIR where status.st_ino == Self.emptySubvolume: return .absent
        case S_IFREG, S_IFDIR: return .plain
        case S_IFLNK: return .symbolicLink
        default: return .special
        }
    }
}

private final class OpenDirectoryHandle: Sendable {
    let descriptor: FileDescriptor

    init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit { try? descriptor.close() }
}
