import Foundation
import StockTools
import SystemPackage

/// A small Btrfs on an image file, mounted on a directory of its own. Mounting takes root; where it fails the error makes
/// the test fail, as with `ScratchDisk`, whose `isWanted` is for both.
package final class ScratchBtrfs {
    private let directory: ScratchDirectory
    private let options: String
    private var isMounted = false

    package var path: FilePath { directory.path.appending("mount") }
    /// What the file system lies in: bytes can be changed here while it is not mounted.
    package var image: FilePath { directory.path.appending("image") }

    /// - Parameters:
    ///   - options: of mount(8).
    ///   - size: as truncate(1) takes it.
    package init(options: String = "noatime", size: String = "600M") throws {
        directory = try ScratchDirectory()
        self.options = options
        try runTool("mkdir", path.string)
        try runTool("truncate", "-s", size, image.string)
        try runTool("mkfs.btrfs", "-q", "--nodiscard", image.string)
        try mount()
    }

    package func mount() throws {
        // A loop device of its own, which goes with the mount.
        try runTool("mount", "-t", "btrfs", "-o", "loop,\(options)", image.string, path.string)
        isMounted = true
    }

    package func unmount() throws {
        try runTool("umount", path.string)
        isMounted = false
    }

    deinit {
        if isMounted { try? runTool("umount", "-l", path.string) }
    }
}
