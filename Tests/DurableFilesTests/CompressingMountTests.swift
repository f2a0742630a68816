import Testing

@testable import DurableFiles

@Suite("File systems that compress")
struct CompressingMountTests {
    private let mounts = """
        22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,compress=of-no-meaning
        30 22 0:41 /@srv /srv rw,relatime shared:2 master:1 - btrfs /dev/vdb rw,compress-force=zstd:3,space_cache=v2
        31 30 0:42 /@plain /srv/plain rw - btrfs /dev/vdc rw,space_cache=v2
        32 22 0:43 / /srv2 rw - btrfs /dev/vdd rw,compressed
        33 22 0:44 / /twice rw - btrfs /dev/vde rw,compress=zlib
        34 22 0:45 / /twice rw - tmpfs none rw
        """

    @Test(
        "The innermost mount's options count, and of several on one place the last one's",
        arguments: [
            ("/srv/backups/dev", true), ("/srv", true), ("/srv/plain/dev", false), ("/srv2/dev", false),
            ("/twice/dev", false),
        ])
    func innermost(path: String, compresses: Bool) {
        #expect(compressesWrites(.init(path), mounts: mounts) == compresses)
    }

    @Test("Without a line for it nothing compresses")
    func unknown() { #expect(!compressesWrites("/srv", mounts: "")) }
}
