import DurableFiles
import Foundation
import ScratchSpace
import StockTools
import SystemPackage
import Testing

struct FileLockTests {
    let scratch: ScratchDirectory
    let path: FilePath

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.path.appending("lock")
    }

    private func isFree() throws -> Bool {
        try FileLock.tryLock(path) != nil
    }

    /// Asks until the answer is as expected, for up to ten seconds.
    private func becomesFree(_ expected: Bool) throws -> Bool {
        for _ in 0..<1_000 {
            if try isFree() == expected { return true }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return false
    }

    /// Another process that holds the lock until it is ended: `flock` puts `sleep` in its own place.
    private func startHolder() throws -> Process {
        let holder = try startTool("flock", "--no-fork", path.string, "sleep", "60")
        #expect(try becomesFree(false), "the other process did not take the lock")
        return holder
    }

    @Test("A lock held here keeps another process out, and lets it in once it is let go")
    func keepsOthersOut() throws {
        let lock = try FileLock(path)
        #expect(throws: StockFailure.self) { try runTool("flock", "--nonblock", path.string, "true") }
        _ = consume lock
        try runTool("flock", "--timeout", "10", path.string, "true")
    }

    @Test("A lock held by another process is seen, and is gone when that process is killed")
    func goesWithItsHolder() throws {
        // given
        let holder = try startHolder()
        // when
        kill(holder.processIdentifier, SIGKILL)
        // then
        #expect(try becomesFree(true))
        holder.waitUntilExit()
    }

    @Test("Waiting for a lock ends when its holder is killed")
    func waits() throws {
        // given
        let holder = try startHolder()
        let path = self.path
        let locked = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            if (try? FileLock(path)) != nil { locked.signal() }
        }
        #expect(locked.wait(timeout: .now() + 0.2) == .timedOut)
        // when
        kill(holder.processIdentifier, SIGKILL)
        // then
        #expect(locked.wait(timeout: .now() + 10) == .success)
        holder.waitUntilExit()
    }

    @Test("Two openings in one process exclude each other")
    func withinOneProcess() throws {
        let first = try FileLock(path)
        #expect(try !isFree())
        _ = consume first
        #expect(try isFree())
    }

    @Test("A lock that is let go is free at once, also while a copy of its open file is still about")
    func inherited() throws {
        // As a child has one that another thread is just starting, until it becomes its program.
        func copy() throws -> FileDescriptor? {
            for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"),
                    target == path.string, let number = Int32(name)
                else { continue }
                return try FileDescriptor(rawValue: number).duplicate()
            }
            return nil
        }
        let first = try FileLock(path)
        let inherited = try #require(try copy())
        _ = consume first
        #expect(try isFree())
        try inherited.close()
    }

    @Test("A lock file that is a symbolic link is refused")
    func link() throws {
        try plantLink(path, to: scratch.path.appending("elsewhere"))
        #expect(throws: FileFailure.self) { _ = try FileLock(path) }
        #expect(tree(scratch.path) == ["lock"])
    }
}
