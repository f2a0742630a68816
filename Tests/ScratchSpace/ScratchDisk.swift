import Foundation
import StockTools
import SystemPackage

/// A small file system (tmpfs) on a directory of its own. Mounting takes root; where it fails the error makes the
/// test fail, so that a test that did not run is never taken for a pass.
package final class ScratchDisk {
    private let directory: ScratchDirectory
    private var isMounted = false

    package var path: FilePath { directory.path }

    /// False where `DEVJOURNAL_TESTS_WITHOUT_ROOT=1` says that such tests are to be skipped.
    package static let isWanted = ProcessInfo.processInfo.environment["DEVJOURNAL_TESTS_WITHOUT_ROOT"] != "1"

    /// - Parameters:
    ///   - size: bytes, rounded up to pages.
    ///   - inodes: how many files and directories fit, the root included; 0 for no limit.
    package init(size: Int, inodes: Int = 0) throws {
        directory = try ScratchDirectory()
        try runTool("mount", "-t", "tmpfs", "-o", "size=\(size),nr_inodes=\(inodes)", "tmpfs", path.string)
        isMounted = true
    }

    /// Takes the disk away; the directory stays, empty. Fails while a file on it is open, unless `lazily`: then it
    /// goes from sight at once, as when a disk is pulled.
    package func unmount(lazily: Bool = false) throws {
        if lazily {
            try runTool("umount", "-l", path.string)
        } else {
            try runTool("umount", path.string)
        }
        isMounted = false
    }

    deinit {
        // Lazily: a test that failed may still hold a file open.
        if isMounted { try? runTool("umount", "-l", path.string) }
    }
}
