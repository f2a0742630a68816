import Backup
import Foundation
import Machines
import Restoring
import ScratchSpace
import SystemPackage
import TestMachines
import Testing

/// A place for code and one received snapshot, on plain directories.
struct CopyBench {
    let folder: ScratchDirectory
    let kernel = DirectorySubvolumes()
    let reporter = RememberingReporter()
    let label = TestMachine.label("2026-01")

    init() throws {
        folder = try ScratchDirectory()
        try FileManager.default.createDirectory(
            atPath: home.string, withIntermediateDirectories: true)
        try kernel.make(received, ["a": "one"], received: UUID(), isReadOnly: true)
    }

    var home: FilePath { folder.path.appending("home") }
    var code: FilePath { home.appending("code") }
    var snapshots: FilePath { folder.path.appending("received") }
    var received: FilePath { snapshots.appending("dev@2026-01") }
    /// What lies around the code, its own names only.
    var around: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: home.string)) ?? []).sorted()
    }

    var effects: Effects {
        Effects(clock: StandingClock(), reporter: reporter, programs: AnsweringPrograms(kernel.answer))
    }

    var copy: WorkingCopy {
        WorkingCopy(code: code, snapshots: snapshots, keepsPower: true, effects, kernel)
    }

    func derive() async throws -> WorkingCopy.Outcome { try await copy.derive(from: received, label) }

    /// The working copy that an earlier run made.
    func made() async throws {
        _ = try await derive()
        kernel.forget()
    }

    /// A person writes into the working copy.
    func edit() throws {
        try plant(code.appending("b"), Array("mine".utf8))
        kernel.touch(code)
    }
}

@Suite("The working copy follows a received snapshot")
struct WorkingCopyTests {
    private let bench: CopyBench

    init() throws { bench = try CopyBench() }

    private let kept = "code.before-2026-01.at-2026-02-01T000000"

    @Test("given no copy, one is made aside, finished, and takes its place")
    func fresh() async throws {
        let outcome = try await bench.derive()
        #expect(outcome == .init(isNew: true, kept: nil))
        #expect(bench.kernel.asked == ["snapshot making"])
        #expect(bench.around == ["code"])
        #expect(contents(bench.code.appending("a")) == Array("one".utf8))
    }

    @Test("given the copy of that very snapshot, untouched, nothing is done")
    func untouched() async throws {
        try await bench.made()
        #expect(try await bench.derive() == .init(isNew: false, kept: nil))
        #expect(bench.kernel.asked == ["btrfs subvolume show", "btrfs subvolume show"])
    }

    @Test("given a copy that was only read, its tree is compared, and nothing is done")
    func onlyRead() async throws {
        try await bench.made()
        bench.kernel.touch(bench.code)
        #expect(try await bench.derive().isNew == false)
    }

    @Test("given edits, the copy before is kept under a dated name, edits included")
    func edited() async throws {
        try await bench.made()
        try bench.edit()
        let outcome = try await bench.derive()
        #expect(outcome == .init(isNew: true, kept: bench.home.appending(kept)))
        #expect(bench.around == ["code", kept])
        #expect(contents(bench.home.appending(kept).appending("b")) == Array("mine".utf8))
        #expect(contents(bench.code.appending("b")) == nil)
        #expect(bench.kernel[bench.home.appending(kept)]?.isReadOnly == false)
    }

    @Test("given a copy that is kept under that name already, the next one gets a number")
    func twice() async throws {
        try await bench.made()
        try bench.edit()
        _ = try await bench.derive()
        try bench.edit()
        #expect(try await bench.derive().kept == bench.home.appending("\(kept)-2"))
    }

    @Test("given an older snapshot's copy, equal to it, none is kept: its snapshot is there")
    func second() async throws {
        try await bench.made()
        let next = bench.snapshots.appending("dev@2026-02")
        try bench.kernel.make(next, ["a": "two"], received: UUID(), isReadOnly: true)
        let outcome = try await bench.copy.derive(from: next, TestMachine.label("2026-02"))
        #expect(outcome == .init(isNew: true, kept: nil))
        #expect(bench.around == ["code"])
        #expect(bench.kernel.asked.suffix(3) == ["snapshot making", "close ready", "delete ready"])
    }

    @Test("given somebody who still has a file of it open, it is kept")
    func open() async throws {
        try await bench.made()
        bench.kernel.openElsewhere()
        let next = bench.snapshots.appending("dev@2026-02")
        try bench.kernel.make(next, ["a": "two"], received: UUID(), isReadOnly: true)
        #expect(try await bench.copy.derive(from: next, TestMachine.label("2026-02")).kept != nil)
    }

    @Test("given a snapshot cannot be made, nothing is left and the hint says why that may be")
    func notMade() async throws {
        bench.kernel.fail("snapshot making")
        let error = await #expect(throws: WorkingCopyError.self) { _ = try await bench.derive() }
        #expect(error?.hint?.hasSuffix("or set WORKTREE=off") == true)
        #expect(bench.around.isEmpty)
    }

    @Test(
        "given the kernel refuses a step after the exchange, what was replaced is kept",
        arguments: ["close ready", "delete ready", "open ready"])
    func refused(step: String) async throws {
        try await bench.made()
        let next = bench.snapshots.appending("dev@2026-02")
        try bench.kernel.make(next, ["a": "two"], received: UUID(), isReadOnly: true)
        if step == "open ready" { try bench.edit() }
        bench.kernel.fail(step)
        let outcome = try await bench.copy.derive(from: next, TestMachine.label("2026-02"))
        #expect(outcome.kept?.lastComponent?.string == "code.before-2026-02.at-2026-02-01T000000")
        #expect(contents(bench.code.appending("a")) == Array("two".utf8))
        #expect(bench.around.count == 2)
    }

    @Test("given no directory for it, root makes none")
    func noDirectory() async throws {
        try removeTree(bench.home)
        await #expect(throws: WorkingCopyError.noDirectory(bench.home)) { _ = try await bench.derive() }
    }

    @Test("given a link in its path, it is not followed, and the message says where it leads")
    func link() async throws {
        try removeTree(bench.home)
        try plant(bench.folder.path.appending("elsewhere/x"))
        try plantLink(bench.home, to: bench.folder.path.appending("elsewhere"))
        let error = await #expect(throws: WorkingCopyError.self) { _ = try await bench.derive() }
        #expect(error?.kind == .refused)
        #expect(error?.hint == "CODE=\(bench.folder.path)/elsewhere/code in the configuration")
        #expect(tree(bench.folder.path.appending("elsewhere")) == ["x"])
    }
}

@Suite("What an interrupted exchange has left")
struct LeftoverTests {
    private let bench: CopyBench
    private var room: FilePath { bench.home.appending(".code.new-2026-01-31T120000") }

    init() throws { bench = try CopyBench() }

    private func makeRoom(_ permissions: Int = 0o700) throws {
        try FileManager.default.createDirectory(
            atPath: room.string, withIntermediateDirectories: true, attributes: [.posixPermissions: permissions])
    }

    @Test("a copy that was not finished goes")
    func making() async throws {
        try makeRoom()
        try bench.kernel.make(room.appending("making"), ["a": "half"])
        #expect(try await bench.derive().kept == nil)
        #expect(bench.around == ["code"])
        #expect(bench.kernel.asked.first == "delete making")
    }

    @Test("a finished copy that nobody has seen goes")
    func unseen() async throws {
        try makeRoom()
        let finished = try bench.kernel.make(room.appending("x"), ["a": "whole"])
        let name = finished.uuid.text.filter { $0 != "-" }
        try FileManager.default.moveItem(
            atPath: room.appending("x").string, toPath: room.appending("ready-\(name)").string)
        #expect(try await bench.derive().kept == nil)
        #expect(bench.around == ["code"])
    }

    @Test("what was replaced, under the name of the copy that took its place, is kept with the time of that run")
    func replaced() async throws {
        try makeRoom()
        try bench.kernel.make(room.appending("ready-\(String(repeating: "0", count: 32))"), ["a": "edited"])
        let outcome = try await bench.derive()
        #expect(outcome.kept == nil || outcome.isNew)
        #expect(bench.around == ["code", "code.before-2026-01-31T120000"])
        #expect(
            contents(bench.home.appending("code.before-2026-01-31T120000/a")) == Array("edited".utf8))
    }

    @Test("what others can enter is not root's, and is left alone")
    func others() async throws {
        try makeRoom(0o755)
        try bench.kernel.make(room.appending("making"), ["a": "theirs"])
        _ = try await bench.derive()
        #expect(bench.around == [".code.new-2026-01-31T120000", "code"])
    }
}

@Suite("Working copies that were kept")
struct KeptCopiesTests {
    private let bench: CopyBench

    init() throws { bench = try CopyBench() }

    private var copies: KeptCopies {
        KeptCopies(code: bench.code, places: [.init(path: bench.snapshots, keepsPower: true)], bench.kernel)
    }

    @Test("each is listed with the snapshot that it was made of and how it differs")
    func list() async throws {
        let source = try #require(bench.kernel[bench.received])
        try bench.kernel.make(bench.home.appending("code.before-1"), ["a": "one"], parent: source.uuid)
        try bench.kernel.make(bench.home.appending("code.before-2"), ["a": "gone"], parent: UUID())
        // As copies were named before.
        try plant(bench.home.appending("code.before-2026-01-2026-02-01T000000/a"))
        try plant(bench.home.appending("other/a"))
        let all = try await copies.all()
        #expect(all.map(\.name) == ["code.before-1", "code.before-2", "code.before-2026-01-2026-02-01T000000"])
        #expect(all.map(\.source) == ["dev@2026-01", nil, nil])
        #expect(all.map(\.isSubvolume) == [true, true, false])
        #expect(all[0].difference != nil)
    }

    @Test("one is removed by its name; a plain directory is its owner's, anything else is not there")
    func remove() throws {
        try bench.kernel.make(bench.home.appending("code.before-1"))
        try plant(bench.home.appending("code.before-2/a"))
        try bench.kernel.make(bench.code)
        try copies.remove("code.before-1")
        #expect(bench.around == ["code", "code.before-2"])
        #expect(throws: WorkingCopyError.plainDirectory(bench.home.appending("code.before-2"))) {
            try copies.remove("code.before-2")
        }
        for name in ["code", "code.before-1", "code.before-1/../code", "../received"] {
            #expect(throws: WorkingCopyError.noKeptCopy(name)) { try copies.remove(name) }
        }
    }

    @Test("of a path nothing but its directory is believed")
    func names() throws {
        #expect(try copies.name(of: "code.before-1") == "code.before-1")
        #expect(try copies.name(of: "\(bench.home)/code.before-1") == "code.before-1")
        let other = "\(bench.folder.path)/code.before-1"
        #expect(throws: WorkingCopyError.notBeside(FilePath(other), code: bench.code)) {
            try copies.name(of: other)
        }
    }
}
