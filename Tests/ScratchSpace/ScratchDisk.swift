import Foundation
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
        try run("mount", "-t", "tmpfs", "-o", "size=\(size),nr_inodes=\(inodes)", "tmpfs", path.string)
        isMounted = true
    }

    /// Takes the disk away; the directory stays, empty. Fails while a file on it is open, unless `lazily`: then it
    /// goes from sight at once, as when a disk is pulled.
    package func unmount(lazily: Bool = false) throws {
        if lazily {
            try run("umount", "-l", path.string)
        } else {
            try run("umount", path.string)
        }
        isMounted = false
    }

    deinit {
        // Lazily: a test that failed may still hold a file open.
        if isMounted { try? run("umount", "-l", path.string) }
    }
}

/// A command that failed, or could not be started.
package struct CommandFailed: Error {
    package let command: [String]
}

/// Starts a command found in `PATH`.
package func start(_ command: String...) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    try process.run()
    return process
}

/// Runs a command found in `PATH`; anything but success is an error.
package func run(_ command: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw CommandFailed(command: command) }
}
