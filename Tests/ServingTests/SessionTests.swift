import DurableFiles
import Foundation
import Glibc
import JournalFormat
import JournalStore
import ScratchSpace
import Serving
import StockTools
import SystemPackage
import Testing

@Suite("Requests that are being answered")
struct SessionTests {
    private let scratch: ScratchDirectory
    private let sessions: ServedSessions

    init() throws {
        scratch = try ScratchDirectory()
        sessions = ServedSessions(scratch.path.appending("sessions"), lock: scratch.path.appending("lock"))
    }

    /// A process that holds a session as `serve` does.
    private func start(_ key: KeyID) throws -> Process {
        let directory = scratch.path.appending("sessions")
        try makeDirectories(directory)
        let script = """
            exec 9>>"$1.$$"; flock 9
            words=$(cut -d')' -f2- "/proc/$$/stat"); set -- $words
            echo "${20} alone" >&9
            exec sleep 60
            """
        let process = try startTool("sh", "-c", script, "sh", directory.appending("\(key)").string)
        let file = directory.appending("\(key).\(process.processIdentifier)")
        for _ in 0..<500 where contents(file)?.isEmpty ?? true { Thread.sleep(forTimeInterval: 0.01) }
        return process
    }

    @Test("those of a key that was retired are ended, and no others")
    func ended() throws {
        let (stolen, other) = (JournalKey.generate(.author).id, JournalKey.generate(.author).id)
        let (first, second) = (try start(stolen), try start(other))
        defer { second.terminate() }
        let result = try sessions.end(of: stolen)
        #expect(result.ended == 1 && result.left.isEmpty)
        first.waitUntilExit()
        #expect(first.terminationStatus == SIGKILL)
        #expect(second.isRunning)
        #expect(try sessions.end(of: stolen).ended == 0)
    }

    @Test("a process whose number was given away again is left alone")
    func numberUsedAgain() throws {
        let key = JournalKey.generate(.author).id
        let process = try start(key)
        defer { process.terminate() }
        let file = scratch.path.appending("sessions/\(key).\(process.processIdentifier)")
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file.string))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data("1 alone\n".utf8))
        try handle.close()
        _ = try sessions.end(of: key)
        #expect(process.isRunning)
    }

    @Test("one key has only so many at a time")
    func tooMany() throws {
        let key = JournalKey.generate(.author).id
        let directory = scratch.path.appending("sessions")
        var held: [FileDescriptor] = []
        defer { for one in held { try? one.close() } }
        for number in 1...8 {
            let file = directory.appending("\(key).\(number)")
            try plant(file, Array("1 alone\n".utf8))
            let descriptor = try FileDescriptor.open(file, .readWrite)
            #expect(flock(descriptor.rawValue, LOCK_EX) == 0)
            held.append(descriptor)
        }
        #expect(throws: ServingError.tooMany(8)) { _ = try sessions.begin(key) }
    }
}
