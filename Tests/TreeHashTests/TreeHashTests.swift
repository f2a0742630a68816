import Digest
import DurableFiles
import Foundation
import ScratchSpace
import StockTools
import SystemPackage
import Testing
import TreeHash

@Suite("The hash of a tree")
struct TreeHashTests {
    private let scratch: ScratchDirectory
    private let top: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        top = scratch.path.appending("tree")
        try plant(top.appending("a/file"), Array("content\n".utf8))
    }

    private func make(_ script: String) throws {
        try python("import os, socket, stat, sys; os.chdir(sys.argv[1]); \n" + script, top.string)
    }

    private func listing(threads: Int = 2) throws -> (text: String, tree: TreeHash) {
        var text: [UInt8] = []
        let tree = try TreeHash(top, threads: threads, line: { text += $0 })
        return (String(decoding: text, as: UTF8.self), tree)
    }

    @Test("the listing is byte for byte that of the independent tools/list_tree.py, with every kind of object")
    func witness() throws {
        // given
        try make(
            #"""
            for number in range(300): open(b"a/%d" % number, "wb").write(b"x" * number * 17)
            os.makedirs("a/a-b"); os.makedirs("a.b/c"); os.mkdir("empty"); os.chmod("empty", 0o1777)
            open("empty file", "w").close(); os.chmod("a/file", 0o6754)
            for name in ["z", "a.b/0", "a.b/c/second"]: os.link("a/file", name)
            open("sparse", "wb").truncate(3 << 20)
            open("large", "wb").write(os.urandom(5 << 20))
            for name in [b"\xff\xfe", b"new\nline\ttab", b"back\\slash", b"n" * 255, "żółw 🐢".encode()]:
                open(name, "wb").write(name)
            os.symlink("nowhere at all", "dangling"); os.symlink(b"\xff/" + b"l" * 1000, "long link"); os.symlink("a", "dir")
            os.link("dangling", "dangling too", follow_symlinks=False)
            os.mkfifo("fifo", 0o640)
            socket.socket(socket.AF_UNIX).bind("socket")
            os.setxattr("a/file", "user.b", b""); os.setxattr("a/file", "user.a", bytes(range(256)) * 9)
            os.setxattr("a", b"user.,=\\ \xff", b"x")
            for name, ns in [("a/file", 1), ("a", -1), ("sparse", -2_500_000_000), ("large", 4_000_000_000_123_456_789)]:
                os.utime(name, ns=(0, ns))
            if os.geteuid() == 0:
                os.mknod("char", 0o600 | stat.S_IFCHR, os.makedev(5, 300)); os.mknod("block", 0o600 | stat.S_IFBLK, 1793)
                os.chown("dangling", 1, 2, follow_symlinks=False); os.chown("a.b", 4_000_000_000, 7)
                os.setxattr("dangling", "trusted.note", b"of a link", follow_symlinks=False)
            """#)
        // when
        let (text, tree) = try listing()
        // then
        let expected = "devjournal/tree/v2\n" + (try python(file: "tools/list_tree.py", top.string))
        #expect(text == expected)
        #expect(tree.digest == SHA256.hash(Array(expected.utf8).span))
        #expect(tree.objects == expected.split(separator: "\n").count - 1)
        #expect(tree.findings.isEmpty)
        for kind in ["file", "dir", "link", "fifo", "socket"] { #expect(text.contains("\t\(kind)\t")) }
    }

    @Test("it is the same with any number of threads, any order of making and any locale")
    func independence() throws {
        try make("for number in range(200): open(str(number), 'w').write('x' * number * 1000)")
        let (text, tree) = try listing(threads: 1)
        for threads in [2, 3, 8] { #expect(try listing(threads: threads).text == text) }
        try make(
            """
            os.rename("../tree", "../other"); os.mkdir("../tree")
            for number in reversed(range(200)): open(f"../tree/{number}", "w").write("x" * number * 1000)
            os.mkdir("../tree/a"); open("../tree/a/file", "w").write("content\\n")
            for folder, folders, files in os.walk(".", topdown=False):
                for name in files + ["."]:
                    path = os.path.join(folder, name)
                    os.utime(os.path.join("../tree", path), ns=(0, os.stat(path).st_mtime_ns))
            """)
        #expect(try listing().tree.digest == tree.digest)
    }

    @Test(
        "a change of anything that a snapshot keeps changes the hash",
        arguments: [
            "os.unlink('a/file')", "open('a/file', 'r+').write('d'); os.utime('a/file', ns=(0, 5))",
            "os.utime('a/file', ns=(0, 6))", "os.utime('a', ns=(0, 6))", "os.chmod('a/file', 0o4700)",
            "os.setxattr('a/file', 'user.x', b'2')", "os.removexattr('a/file', 'user.x')",
            "os.unlink('b'); os.link('two', 'b'); os.utime('.', ns=(0, 5))",
            "os.rename('a/file', 'a/File'); os.utime('a', ns=(0, 5))",
            "os.unlink('link'); os.symlink('b', 'link'); os.utime('.', ns=(0, 5))",
            "os.truncate('a/file', 9); os.utime('a/file', ns=(0, 5))",
        ])
    func change(script: String) throws {
        // given
        try make(
            """
            open("two", "w").write("content\\n"); os.link("a/file", "b"); os.symlink("a", "link")
            os.setxattr("a/file", "user.x", b"1")
            for name in ["a/file", "two", "a", "link", "."]: os.utime(name, ns=(0, 5), follow_symlinks=False)
            """)
        let before = try listing()
        // when
        try make(script)
        // then
        #expect(try listing().tree.digest != before.tree.digest)
    }

    @Test("paths longer than the system takes, and more levels than files may be open, are walked")
    func deep() throws {
        try make(
            """
            for number in range(1500): os.mkdir("d" * 9); os.chdir("d" * 9); open("f", "w").write(str(number))
            """)
        let (text, tree) = try listing()
        #expect(tree.objects == 3 + 3000)
        #expect(text.split(separator: "\n").contains { $0.utf8.count > 15_000 })
        #expect(try SourceCheck(top).longPaths.count > 2000)
        try python("import shutil, subprocess, sys; subprocess.run(['rm', '-rf', sys.argv[1]], check=True)", top.string)
    }

    @Test("a tree that is not there, or no directory, is an error that names it")
    func missing() {
        for name in ["nothing", "tree/a/file"] {
            let path = scratch.path.appending(name)
            let error = #expect(throws: FileFailure.self) { try TreeHash(path) }
            #expect(error?.path == path)
        }
    }

    @Test("work that is not wanted any more ends")
    func cancelled() {
        let error = #expect(throws: FileFailure.self) { try TreeHash(top, isWanted: { false }) }
        #expect(error?.errno == .canceled)
    }
}
