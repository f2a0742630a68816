import DurableFiles
import Foundation
import ScratchSpace
import StockTools
import SystemPackage
import Testing

struct AtomicFileTests {
    let scratch: ScratchDirectory
    let file: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        file = scratch.path.appending("file")
    }

    @Test("An atomic write makes a file and replaces it, and leaves nothing else")
    func replaces() throws {
        try writeFileAtomically(file, [1])
        #expect(contents(file) == [1])
        try writeFileAtomically(file, [2, 3])
        #expect(contents(file) == [2, 3])
        #expect(tree(scratch.path) == ["file"])
    }

    @Test("What is written is not for every user of the machine")
    func closedToOthers() throws {
        try writeFileAtomically(file, [1])
        #expect(try file.stat().permissions.isDisjoint(with: [.otherReadWriteExecute, .groupWrite]))
    }

    @Test("A reader next to a writer sees the old or the new content, never anything between")
    func readersSeeWholeContent() throws {
        // given
        let old = [UInt8](repeating: 1, count: 300_000)
        let new = [UInt8](repeating: 2, count: 200_000)
        try writeFileAtomically(file, old)
        let path = file
        let written = DispatchSemaphore(value: 0)
        // when
        Thread.detachNewThread {
            for _ in 0..<20 {
                try? writeFileAtomically(path, new)
                try? writeFileAtomically(path, old)
            }
            written.signal()
        }
        // then
        repeat {
            let seen = try readFile(file)
            #expect(seen == old || seen == new)
        } while written.wait(timeout: .now()) == .timedOut
    }

    @Test(
        "Nothing but a regular file is read or written under its name, and nobody waits for a pipe's other end",
        arguments: ["mkfifo", "mkdir", "ln"])
    func special(maker: String) throws {
        // given
        let target = scratch.path.appending("target")
        try plant(target, [1])
        if maker == "ln" { try plantLink(file, to: target) } else { try runTool(maker, file.string) }
        // then
        let words = maker == "ln" ? "it is a symbolic link" : "it is not a regular file"
        for mode in [FileDescriptor.AccessMode.readOnly, .writeOnly, .readWrite] {
            #expect(throws: FileFailure.self) { _ = try OpenFile(regular: file, mode) }
        }
        do {
            _ = try readFile(file)
            Issue.record("it was read")
        } catch {
            #expect("\(error)" == "cannot use \(file): \(words)")
        }
        if maker == "ln" { #expect(try readFile(file, followsLinks: true) == [1]) }
        #expect(throws: FileFailure.self) { _ = try readPrivateFile(file, limit: 10) }
    }

    @Test("What a killed writer left is removed by the next, what another one is writing is not")
    func leftover() throws {
        let (leftover, busy) = (scratch.path.appending(".file.123.new"), scratch.path.appending(".file.abc.new"))
        try plant(leftover, [9, 9, 9, 9])
        try plant(busy, [8])
        try plant(scratch.path.appending(".other.123.new"), [7])
        let lock = try FileLock(busy)
        try writeFileAtomically(file, [1])
        #expect(contents(file) == [1])
        #expect(tree(scratch.path) == [".file.abc.new", ".other.123.new", "file"])
        lock.unlock()
        try writeFileAtomically(file, [2])
        #expect(tree(scratch.path) == [".other.123.new", "file"])
    }

    @Test("Many writers of one file at once leave one of their contents and nothing else")
    func manyWriters() async throws {
        let path = file
        await withTaskGroup(of: Void.self) { group in
            for writer in UInt8(1)...8 {
                group.addTask {
                    for _ in 0..<25 {
                        do { try writeFileAtomically(path, [UInt8](repeating: writer, count: 5000)) } catch {
                            Issue.record("\(error)")
                        }
                    }
                }
            }
        }
        let bytes = try #require(contents(file))
        #expect(bytes.count == 5000 && bytes.allSatisfy { $0 == bytes[0] })
        #expect(tree(scratch.path) == ["file"])
    }

    @Test("A symbolic link planted under a temporary name is not written through")
    func plantedLink() throws {
        // given
        let victim = scratch.path.appending("victim")
        try plant(victim, [7])
        try plantLink(scratch.path.appending(".file.\(getpid()).new"), to: victim)
        // when
        try writeFileAtomically(file, [1])
        // then
        #expect(contents(file) == [1])
        #expect(contents(victim) == [7])
    }

    @Test("The permissions asked for are those of the new file")
    func permissions() throws {
        try writeFileAtomically(file, [1], permissions: .ownerReadWrite)
        #expect(try file.stat().permissions == .ownerReadWrite)
    }

    @Test("On a full disk the old content stays and nothing half-written remains", .enabled(if: ScratchDisk.isWanted))
    func fullDisk() throws {
        // given
        let disk = try ScratchDisk(size: 256 << 10)
        let file = disk.path.appending("file")
        try writeFileAtomically(file, [1])
        // when
        let failure = #expect(throws: FileFailure.self) {
            try writeFileAtomically(file, [UInt8](repeating: 0, count: 1 << 20))
        }
        // then
        #expect(failure?.isOutOfSpace == true)
        #expect(contents(file) == [1])
        #expect(tree(disk.path) == ["file"])
    }

    @Test("A new file is written once; what exists is refused and stays", arguments: [false, true])
    func newFile(isLink: Bool) throws {
        // given
        let victim = scratch.path.appending("victim")
        try plant(victim, [7])
        if isLink {
            try plantLink(file, to: victim)
        } else {
            try writeNewFile(file, [7], permissions: .ownerReadWrite)
        }
        // when
        let failure = #expect(throws: FileFailure.self) {
            try writeNewFile(file, [8], permissions: .ownerReadWrite)
        }
        // then
        #expect(failure?.errno == .fileExists)
        #expect(contents(file) == [7])
        #expect(contents(victim) == [7])
    }

    @Test("A new file that finds the disk full leaves the name free", .enabled(if: ScratchDisk.isWanted))
    func newFileOnFullDisk() throws {
        let disk = try ScratchDisk(size: 64 << 10)
        let failure = #expect(throws: FileFailure.self) {
            try writeNewFile(
                disk.path.appending("file"), [UInt8](repeating: 0, count: 1 << 20), permissions: .ownerReadWrite)
        }
        #expect(failure?.isOutOfSpace == true)
        #expect(tree(disk.path) == [])
    }

    @Test("A rename to a new name refuses a name that is taken")
    func renames() throws {
        // given
        let other = scratch.path.appending("other")
        try plant(file, [1])
        try plant(other, [2])
        // when
        let failure = #expect(throws: FileFailure.self) { try renameToNewName(file, other) }
        try renameToNewName(file, scratch.path.appending("third"))
        // then
        #expect(failure?.errno == .fileExists)
        #expect(contents(other) == [2])
        #expect(contents(scratch.path.appending("third")) == [1])
        #expect(tree(scratch.path) == ["other", "third"])
    }

    @Test("What has no size, such as a pipe or a file of the kernel's, is read to its end")
    func withoutSize() throws {
        #expect(try readFile("/proc/sys/kernel/random/boot_id").count == 37)
        for count in [0, 1, 70_000, 300_000] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let pipe = try FileDescriptor.pipe()
            let writer = Thread {
                _ = try? pipe.writeEnd.writeAll(bytes)
                try? pipe.writeEnd.close()
            }
            writer.start()
            let file = OpenFile(adopting: pipe.readEnd, path: "pipe")
            #expect(try file.readToEnd(limit: 1 << 20) == bytes)
        }
    }

    @Test("A file above the limit is not read, one at the limit is")
    func limit() throws {
        try plant(file, [UInt8](repeating: 5, count: 100_000))
        #expect(try readFile(file, limit: 100_000).count == 100_000)
        #expect(throws: FileFailure.self) { try readFile(file, limit: 99_999) }
    }

    @Test("A failure names what was tried, on what, and why")
    func failureText() throws {
        let failure = #expect(throws: FileFailure.self) { try readFile(file) }
        #expect(failure?.description == "cannot open \(file): No such file or directory")
    }
}
