import Artifacts
import Foundation
import Machines
import ScratchSpace
import StockTools
import SystemPackage
import TestMachines
import Testing

@Suite("Whether a directory makes a sound backup")
struct SourceExaminationTests {
    private let scratch: ScratchDirectory
    private let reporter = RememberingReporter()

    init() throws { scratch = try ScratchDirectory() }

    @Test("a plain tree has nothing that is worth recording")
    func plain() throws {
        try plant(scratch.path.appending("a/b"), [1])
        let found = try SourceExamination(scratch.path, named: "/code", allowing: [], reporter)
        #expect(found.data.members.isEmpty)
        #expect(reporter.warned.isEmpty)
    }

    @Test("paths that send and receive fail on are counted, and the directory is called as a person knows it")
    func longPath() throws {
        var directory = scratch.path
        for _ in 0..<16 { directory = directory.appending(String(repeating: "d", count: 250)) }
        try runTool("mkdir", "-p", directory.string)
        let error = #expect(throws: SourceError.self) {
            _ = try SourceExamination(scratch.path, named: "/code", allowing: [], reporter)
        }
        guard case .longPaths(let count, _, in: "/code") = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(count == 1)
    }

    @Test("files that look larger than an honest restore takes are refused")
    func sparse() throws {
        for number in 0..<3 {
            let file = scratch.path.appending("\(number)")
            try plant(file)
            try #require(unsafe truncate(file.string, 7 << 40) == 0)
        }
        let error = #expect(throws: SourceError.self) {
            _ = try SourceExamination(scratch.path, named: "/code", allowing: [], reporter)
        }
        guard case .tooSparse("/code", bytes: 21 << 40, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
