import DurableFiles
import Glibc
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

@Suite("What differs between two trees")
struct TreeDifferenceTests {
    private let scratch: ScratchDirectory
    private let original: FilePath
    private let copy: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        original = scratch.path.appending("original")
        copy = scratch.path.appending("copy")
        for name in ["a/b/file", "a/tool", "plain", "z"] {
            try plant(original.appending(name), Array("content\n".utf8))
        }
        try python("import os, sys; os.symlink('plain', sys.argv[1] + '/link')", original.string)
        try python(
            "import os, subprocess, sys; subprocess.run(['cp', '-a', sys.argv[1], sys.argv[2]], check=True)",
            original.string, copy.string)
    }

    private func change(_ script: String) throws {
        try python("import os, sys; os.chdir(sys.argv[1]); \n" + script, copy.string)
    }

    private func differences(withoutPower: Bool = false) throws -> [String] {
        let difference = try TreeDifference(of: copy, from: original, withoutPower: withoutPower)
        #expect(difference.count >= difference.first.count)
        return difference.first.map(\.text)
    }

    @Test("Nothing differs in a copy, and nothing but the field that was changed, in the order of names")
    func fields() throws {
        // given
        #expect(try differences() == [])
        // when
        try change(
            """
            times = os.stat("a/b/file").st_mtime_ns; open("a/b/file", "w").write("another\\n"); os.utime("a/b/file", ns=(0, times))
            os.chmod("a/tool", 0o700); os.utime("plain", ns=(0, 5)); os.setxattr("z", "user.note", b"x")
            """)
        // then
        #expect(try differences() == ["a/b/file (content)", "a/tool (mode)", "plain (mtime)", "z (user.note)"])
    }

    @Test("What is new or gone stands for all in it; another kind and another target are said; five are named")
    func names() throws {
        // when
        try change(
            """
            import shutil
            def keep(path): times = os.stat(path).st_mtime_ns; return lambda: os.utime(path, ns=(0, times))
            top = keep("."); shutil.rmtree("a"); os.makedirs("new/in/it"); os.remove("link"); os.symlink("z", "link")
            os.remove("plain"); os.mkdir("plain"); os.truncate("z", 3); os.mkfifo("fifo"); top()
            """)
        // then
        let difference = try TreeDifference(of: copy, from: original)
        #expect(difference.count == 6)
        #expect(
            difference.first.map(\.text) == [
                "a (gone)", "fifo (new)", "link (size, mtime, target)", "new (new)", "plain (kind)",
            ])
    }

    @Test("What Power.remove takes out makes no difference, and what is put in again does")
    func power() throws {
        // given
        try python("import os, sys; os.chmod(sys.argv[1] + '/a/tool', 0o4755)", original.string)
        try change("os.chmod('a/tool', 0o755)")
        // then
        #expect(try differences(withoutPower: true) == [])
        #expect(try differences() == ["a/tool (mode)"])
        try change("os.chmod('a/tool', 0o4755)")
        #expect(try differences(withoutPower: true) == ["a/tool (mode)"])
    }

    @Test("A tree that is deeper than directories are held open")
    func deep() throws {
        // given
        let deep = (0..<150).map { "d\($0)" }.joined(separator: "/")
        for top in [original, copy] { try plant(top.appending("\(deep)/file"), Array("same\n".utf8)) }
        try python(
            "import subprocess, sys; subprocess.run(['cp', '-a', '-T', sys.argv[1], sys.argv[2]], check=True)",
            original.string, copy.string)
        #expect(try differences() == [])
        // when
        try change("os.chmod('\(deep)/file', 0o600); os.chmod('z', 0o600)")
        // then
        #expect(try differences() == ["\(deep)/file (mode)", "z (mode)"])
    }
}

@Suite("Attributes that a tree has inherited")
struct InheritedAttributesTests {
    @Test("An attribute of the top, left out wherever it has the same value, gives the hash of the tree without it")
    func leftOut() throws {
        // given: an ACL can stand for the property, which Btrfs alone has
        let scratch = try ScratchDirectory()
        let top = scratch.path.appending("tree")
        for name in ["a/b", "c"] { try plant(top.appending(name), Array("content\n".utf8)) }
        let sealed = try TreeHash(top).digest
        let set = """
            import os, struct, sys
            entries = [(1, 6, -1), (2, 7, 1000), (4, 0, -1), (16, 7, -1), (32, 0, -1)]
            value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
            for path in sys.argv[1:]: os.setxattr(path, "system.posix_acl_default", value)
            """
        #expect(try InheritedAttributes(of: top).isEmpty)
        // when
        try python(set, top.string, top.appending("a").string)
        // then
        let inherited = try InheritedAttributes(of: top)
        #expect(inherited.text == "system.posix_acl_default")
        #expect(try TreeHash(top).digest != sealed)
        #expect(try TreeHash(top, leavingOut: inherited).digest == sealed)
    }
}

@Suite("Progress of a tree's hash")
struct TreeHashProgressTests {
    @Test("It grows while files are hashed, and never beyond what is there")
    func grows() throws {
        // given
        let scratch = try ScratchDirectory()
        let top = scratch.path.appending("tree")
        for number in 0..<200 { try plant(top.appending("\(number)"), [UInt8](repeating: 7, count: 1 << 16)) }
        // when
        var told: [Int] = []
        let tree = try TreeHash(top, progress: { told.append($0) })
        // then
        #expect(told == told.sorted())
        #expect(told.last.map { $0 > 0 && $0 <= tree.bytes } == true)
    }
}
