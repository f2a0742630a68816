import Digest
import DurableFiles
import Glibc
import ScratchSpace
import StockTools
import Synchronization
import SystemPackage
import Testing

@testable import TreeHash

@Suite("What gives power in a tree")
struct PowerTests {
    private let scratch: ScratchDirectory
    private let top: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        top = scratch.path.appending("tree")
        try plant(top.appending("a/tool"), Array("content\n".utf8))
        try plant(top.appending("plain"))
    }

    private func make(_ script: String) throws {
        try python("import os, stat, struct, sys; os.chdir(sys.argv[1]); \n" + script, top.string)
    }

    private func hash(withoutPower: Bool = false) throws -> SHA256Digest {
        try TreeHash(top, withoutPower: withoutPower).digest
    }

    private func mode(_ name: String) throws -> UInt32 {
        try top.appending(name).stat(followTargetSymlink: false).permissions.rawValue
    }

    @Test("set-ID bits of files go, those of directories and all other bits stay; a file of two names counts once")
    func setID() throws {
        // given
        try make(
            """
            os.link("a/tool", "same"); os.chmod("a/tool", 0o7755); os.chmod("plain", 0o2644); os.chmod("a", 0o3775)
            os.symlink("/bin/su", "link"); os.utime("a/tool", ns=(0, 5)); os.utime("a", ns=(0, 6))
            """)
        let expected = try hash(withoutPower: true)
        #expect(try hash() != expected)
        // when
        let power = try Power.remove(from: top)
        // then
        #expect([power.setID, power.capabilities, power.devices] == [2, 0, 0])
        #expect(power.examples.map(\.text) == ["a/tool", "plain"])
        #expect(try [mode("a/tool"), mode("plain"), mode("a")] == [0o1755, 0o644, 0o3775])
        #expect(try hash() == expected)
        #expect(try Power.remove(from: top).isNone)
    }

    @Test("capabilities and device nodes go, and the directory's time stays", .enabled(if: geteuid() == 0))
    func capabilitiesAndDevices() throws {
        // given
        try make(
            """
            os.setxattr("a/tool", "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 7, 0, 0, 0))
            os.setxattr("a/tool", "user.kept", b"1")
            for name, kind in [("a/disk", stat.S_IFBLK), ("a/null", stat.S_IFCHR)]: os.mknod(name, 0o666 | kind, os.makedev(1, 3))
            os.link("a/disk", "disk"); os.mkfifo("a/fifo"); os.utime("a", ns=(0, 6))
            """)
        let expected = try hash(withoutPower: true)
        // when
        let power = try Power.remove(from: top)
        // then
        #expect([power.setID, power.capabilities, power.devices] == [0, 1, 3])
        #expect(try hash() == expected)
        #expect(!pathExists(top.appending("a/disk")) && pathExists(top.appending("a/fifo")))
    }

    @Test("no link is followed, whatever it points to")
    func links() throws {
        try plant(scratch.path.appending("outside/tool"))
        try make(
            "os.chmod('../outside/tool', 0o4755); os.symlink('../outside', 'out'); os.symlink('../outside/tool', 'tool')"
        )
        #expect(try Power.remove(from: top).isNone)
        #expect(try scratch.path.appending("outside/tool").stat().permissions.rawValue == 0o4755)
    }

    @Test("a hash that is no longer wanted ends in the middle of a large file", .timeLimit(.minutes(10)))
    func unwanted() throws {
        // Hashing it would take hours.
        try make("open('sparse', 'w').truncate(8 << 40)")
        let asked = Mutex(0)
        #expect(throws: FileFailure.self) {
            _ = try TreeHash(
                top,
                isWanted: {
                    asked.withLock { asked in
                        asked += 1
                        return asked < 8
                    }
                })
        }
    }
}
