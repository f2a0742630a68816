import DurableFiles
import ScratchSpace
import SystemPackage
import Testing

@Suite("Patience with the other end")
struct PatienceTests {
    @Test("Silence is over after so long, and a byte now and then does not help for ever")
    func arithmetic() {
        let patience = Patience(silence: 60, leastRate: 1_000)
        #expect(patience.left(elapsed: 0, quiet: 0, bytes: 0) == 60)
        #expect(patience.left(elapsed: 59, quiet: 59, bytes: 0) == 1)
        #expect(patience.left(elapsed: 60, quiet: 60, bytes: 0) == 0)
        // A byte a second.
        #expect(patience.left(elapsed: 61, quiet: 1, bytes: 60) == 0)
        // Two thousand a second.
        #expect(patience.left(elapsed: 600, quiet: 1, bytes: 1_200_000) == 59)
        #expect(patience.left(elapsed: 600, quiet: 60, bytes: 1_200_000) == 0)
    }

    @Test("A reader that takes nothing ends the writing; one that takes all gets all")
    func output() throws {
        let silent = try FileDescriptor.pipe(options: .closeOnExec)
        defer { try? silent.readEnd.close() }
        var output = PatientOutput(OpenFile(adopting: silent.writeEnd, path: "a pipe"), Patience(silence: 0.2))
        let many = [UInt8](repeating: 7, count: 1 << 20)
        var failure: Errno?
        do throws(FileFailure) { try output.write(many.span) } catch { failure = error.errno }
        #expect(failure == .timedOut)

        let scratch = try ScratchDirectory()
        let file = scratch.path.appending("file")
        var whole = PatientOutput(
            try OpenFile(file, .writeOnly, options: .create, permissions: .ownerReadWrite), Patience(silence: 0.2))
        try whole.write(many.span)
        try whole.close()
        #expect(try Int(file.stat().size) == many.count)
    }

    @Test("A writer that says nothing ends the reading, and so does one that says too much")
    func input() throws {
        func read(_ bytes: [UInt8], closes: Bool, limit: Int) throws -> [UInt8] {
            let pipe = try FileDescriptor.pipe(options: .closeOnExec)
            _ = try pipe.writeEnd.writeAll(bytes)
            if closes { try pipe.writeEnd.close() }
            defer { if !closes { try? pipe.writeEnd.close() } }
            return try OpenFile(adopting: pipe.readEnd, path: "a pipe").readToEnd(limit: limit, Patience(silence: 0.2))
        }
        #expect(try read([1, 2, 3], closes: true, limit: 3) == [1, 2, 3])
        let silent = #expect(throws: FileFailure.self) { try read([1, 2, 3], closes: false, limit: 3) }
        #expect(silent?.errno == .timedOut)
        let long = #expect(throws: FileFailure.self) { try read([1, 2, 3], closes: true, limit: 2) }
        #expect(long?.errno == .fileTooLarge)
    }

    @Test("A reader counts as gone when nothing was taken, and the pipe was full, for so long without a break")
    func readerWatch() {
        var watch = ReaderWatch(silence: 100)
        let looks = [
            (0.0, 10, true), (99, 10, true), (100, 11, true), (190, 11, false), (200, 11, true), (289, 11, true),
            (290, 11, true),
        ]
        let found = looks.map { watch.isOver(now: $0.0, written: $0.1, isFull: $0.2) }
        #expect(found == [false, false, false, false, false, false, true])
    }
}
