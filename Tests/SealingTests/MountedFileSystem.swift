import Foundation
import StockTools
import SystemPackage
import Testing

/// Whether tests that mount file systems are wanted: they need root, and where it is missing they fail
/// unless the environment says that this is known.
let areMountsWanted = ProcessInfo.processInfo.environment["DEVJOURNAL_TESTS_WITHOUT_ROOT"] != "1"

/// A small file system of the test's own, taken away with its owner: mount, loop device and image.
final class MountedFileSystem: Sendable {
    private let scratch: Scratch
    private let device: String?

    /// An empty Btrfs on a loop device.
    static func btrfs(options: String = "noatime") throws -> MountedFileSystem {
        let scratch = try Scratch()
        try bash("truncate -s 400M $1; mkfs.btrfs -q $1; mkdir $2", scratch.text("image"), scratch.text("mount"))
        // Another process may take the free device between the question and the answer.
        let script = "for i in 1 2 3 4 5; do losetup --find --show $1 && exit; sleep 0.2; done; exit 1"
        let device = try bash(script, scratch.text("image"))
        do {
            try bash("mount -o $1 $2 $3", options, device, scratch.text("mount"))
        } catch {
            _ = try? bash("losetup -d $1", device)
            throw error
        }
        return MountedFileSystem(scratch, device: device)
    }

    /// A file system in memory that is soon full.
    static func memory(size: String) throws -> MountedFileSystem {
        let scratch = try Scratch()
        try bash("mkdir $2; mount -t tmpfs -o size=$1 tmpfs $2", size, scratch.text("mount"))
        return MountedFileSystem(scratch, device: nil)
    }

    private init(_ scratch: Scratch, device: String?) {
        self.scratch = scratch
        self.device = device
    }

    func path(_ name: String) -> FilePath { scratch.path("mount").appending(name) }
    func text(_ name: String) -> String { path(name).string }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: scratch.text("mount")).sorted() }
    }

    deinit {
        do {
            try bash("umount $1 || { sleep 1; umount $1; }", scratch.text("mount"))
        } catch {
            // Nothing under a mount that is still there may be deleted with the directory.
            Issue.record("\(scratch.text("mount")) is still mounted")
            _ = Unmanaged.passRetained(scratch)
        }
        if let device { _ = try? bash("losetup -d $1", device) }
    }
}
