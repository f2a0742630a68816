internal import CLinux
package import DurableFiles
internal import Glibc
package import SystemPackage

/// How large a tree is, by its objects' attributes alone: no content is read.
package struct TreeSize: Sendable, Equatable {
    /// Besides the top.
    package let objects: Int
    /// Of regular files, each once, holes left out.
    package let bytes: Int
    /// Of regular files, each once, holes included: what hashing the tree has to go through. Int.max where it is more.
    package let apparentBytes: Int

    init(objects: Int, bytes: Int, apparentBytes: Int) {
        (self.objects, self.bytes, self.apparentBytes) = (objects, bytes, apparentBytes)
    }

    package init(_ top: FilePath) throws(FileFailure) {
        if let size = Self(snapshot: top) { self = size } else { try self.init(walking: top) }
    }

    /// By a look at each object.
    init(walking top: FilePath) throws(FileFailure) {
        var (objects, bytes, apparentBytes) = (-1, 0, 0)
        var counted: Set<ino_t> = []
        var walk = try TreeWalk(top)
        _ = try walk.walk { object throws(Errno) in
            objects += 1
            let status = object.status
            guard object.kind == S_IFREG, status.st_nlink == 1 || counted.insert(status.st_ino).inserted else { return }
            bytes += Int(min(status.st_size, status.st_blocks * 512))
            let (sum, isTooLarge) = apparentBytes.addingReportingOverflow(Int(status.st_size))
            apparentBytes = isTooLarge ? .max : sum
        }
        self.objects = objects
        self.bytes = bytes
        self.apparentBytes = apparentBytes
    }

    /// About what a full send stream of it takes: an object has half a dozen commands with its name in each, and content
    /// comes in pieces of 48 KiB.
    package var streamBytes: Int { bytes + bytes / 256 + objects * 512 }
}
