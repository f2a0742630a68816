import Catalogue
import Testing

@Suite("The tree that stream maps make")
struct VirtualTreeTests {
    /// What the tree refuses, and why.
    private func refusal(_ maps: [String]...) -> String? {
        var tree = VirtualTree()
        do throws(CatalogueError) {
            for map in madeMaps(maps) { try tree.add(map.span) }
            return nil
        } catch {
            if case .tree(let what) = error { return what }
            return error.description
        }
    }

    // MARK: Contents

    @Test("writes, the later over the earlier, and zeros between them and after the last")
    func writes() throws {
        let tree = try madeTree(["file f", "data 0 100 1000", "data 200 50 2000", "data 90 120 3000", "zeros 230 10"])
        #expect(try tree.pieces("f") == ["0 90 0:1000", "90 120 0:3000", "210 20 0:2010", "230 10 -", "240 10 0:2040"])
        #expect(tree.size("f") == 250)
        #expect(try tree.pieces("f", size: 100) == ["0 90 0:1000", "90 10 0:3000"])
        #expect(try tree.pieces("f", size: 260).last == "250 10 -")
    }

    @Test("a run of writes is read write by write, and cut anywhere")
    func runs() throws {
        let tree = try madeTree(["file f", "data 0 100 1000 4 130", "data 150 20 5000"])
        #expect(
            try tree.pieces("f") == [
                "0 100 0:1000", "100 50 0:1130", "150 20 0:5000", "170 30 0:1200", "200 100 0:1260", "300 100 0:1390",
            ])
        #expect(try tree.pieces("f", size: 1) == ["0 1 0:1000"])
    }

    @Test("truncated, a file ends there, and grown again it is zeros from there on")
    func truncates() throws {
        let tree = try madeTree(["file f", "data 0 100 1000", "truncate 30", "truncate 60", "data 80 10 2000"])
        #expect(try tree.pieces("f") == ["0 30 0:1000", "30 30 -", "60 20 -", "80 10 0:2000"])
        #expect(try madeTree(["file f", "data 0 9 1000", "truncate 0"]).pieces("f") == [])
    }

    @Test("a hole that is punched is zeros, and the file grows by none; by zeros that are written it does")
    func holes() throws {
        let tree = try madeTree([
            "file f", "data 0 100 1000", "punch 90 1000", "file g", "punch 10 10", "file h", "zeros 10 10",
        ])
        #expect(try tree.pieces("f") == ["0 90 0:1000", "90 10 -"])
        #expect(tree.size("g") == 0)
        #expect(tree.size("h") == 20)
    }

    @Test("an encoded extent, and what is left of it")
    func encoded() throws {
        let tree = try madeTree([
            "file f", "encoded 0 8192 700 4096 zstd 65536 4096", "data 4096 96 9000", "clone 8192 96 own f 8000",
        ])
        #expect(
            try tree.pieces("f") == [
                "0 4096 0:700+4096 zstd 4096 of 65536", "4096 96 0:9000", "4192 4000 0:700+4096 zstd 8288 of 65536",
                "8192 96 0:700+4096 zstd 12096 of 65536",
            ])
    }

    @Test("all names of a file are one file")
    func hardLinks() throws {
        let tree = try madeTree([
            "file f", "data 0 10 1000", "dir d", "hardlink d/g f", "open d/g", "data 10 10 2000", "unlink f", "file f",
        ])
        #expect(try tree.pieces("d/g") == ["0 10 0:1000", "10 10 0:2000"])
        #expect(try tree.pieces("f") == [])
    }

    // MARK: Clones

    @Test("a clone is what its source was at that command, whatever becomes of that")
    func ownClones() throws {
        let tree = try madeTree([
            "file a", "data 0 100 1000", "file b", "clone 10 50 own a 20", "open a", "data 0 100 2000", "unlink a",
        ])
        #expect(try tree.pieces("b") == ["0 10 -", "10 50 0:1020"])
        let within = try madeTree(["file a", "data 0 100 1000", "clone 100 50 own a 25", "clone 150 75 own a 75"])
        #expect(try within.pieces("a") == ["0 100 0:1000", "100 50 0:1025", "150 25 0:1075", "175 50 0:1025"])
    }

    @Test("from the parent: its path and its content, however the increment has renamed, changed or removed it before")
    func parentClones() throws {
        let parent = [
            "dir d", "file d/a", "data 0 100 1000", "file d/b", "data 0 100 2000", "file e", "data 0 100 3000",
        ]
        let tree = try madeTree(
            parent,
            [
                "rename d o257-5-0", "open o257-5-0/a", "data 0 100 7000", "unlink o257-5-0/b", "file d",
                "clone 0 50 parent d/a 0", "clone 50 50 parent d/b 50", "rename e x", "file e",
                "clone 0 10 parent e 0", "clone 10 10 own d 45", "open x", "truncate 5", "clone 5 10 parent e 5",
            ])
        #expect(try tree.pieces("d") == ["0 50 0:1000", "50 50 0:2050"])
        #expect(try tree.pieces("e") == ["0 10 0:3000", "10 5 0:1045", "15 5 0:2050"])
        #expect(try tree.pieces("x") == ["0 5 0:3000", "5 10 0:3005"])
        #expect(try tree.pieces("o257-5-0/a") == ["0 100 1:7000"])
    }

    @Test("the parent is the tree of the month before, not of the one before that")
    func laterParents() throws {
        let tree = try madeTree(
            ["file a", "data 0 10 1000"], ["open a", "data 0 10 2000"],
            ["open a", "truncate 0", "file b", "clone 0 10 parent a 0"],
            ["unlink a", "open b", "data 0 5 4000"])
        #expect(try tree.pieces("b") == ["0 5 3:4000", "5 5 1:2005"])
        #expect(
            refusal(["file a", "data 0 10 1"], ["unlink a"], ["file b", "clone 0 1 parent a 0"])
                == "a clone of what is not there: a")
    }

    @Test("of the parent's tree nothing new is found, and nothing that was taken over")
    func nothingNewInTheParent() {
        let one = ["dir d", "file d/a", "data 0 9 1"]
        let not = "a clone of what is not there: "
        #expect(refusal(one, ["file n", "data 0 9 1", "file x", "clone 0 9 parent n 0"]) == not + "n")
        #expect(refusal(one, ["rename d e", "file x", "clone 0 9 parent e/a 0"]) == not + "e/a")
        #expect(refusal(one, ["dir e", "rename d/a e/a", "file x", "clone 0 9 parent e/a 0"]) == not + "e/a")
        #expect(refusal(one, ["rename d e", "dir d", "file d/a", "file x", "clone 0 9 parent d/a 0"]) == nil)
        #expect(refusal(one, ["file x", "clone 0 9 own d/a 1"]) == not + "d/a")
        #expect(refusal(one, ["file x", "clone 0 9 own d 0"]) == not + "d")
        #expect(refusal(one, ["file x", "clone 0 9 parent d 0"]) == not + "d")
    }

    @Test("clones make no loop: one that covers its own source is refused, and a file of doubled files is only read")
    func loops() throws {
        let file = ["file f", "data 0 100 1000"]
        #expect(refusal(file + ["clone 50 100 own f 0"]) == "a clone of itself: f")
        #expect(refusal(file + ["clone 0 100 own f 0"]) == "a clone of itself: f")
        #expect(refusal(file + ["hardlink g f", "open g", "clone 99 100 own f 0"]) == "a clone of itself: f")
        #expect(refusal(file + ["clone 100 100 own f 0"]) == nil)
        // 62 lines for 2^62 bytes.
        var lines = ["file f", "data 0 1 1000"]
        for power in 0..<62 { lines.append("clone \(1 << power) \(1 << power) own f 0") }
        let tree = try madeTree(lines)
        #expect(tree.size("f") == 1 << 62)
        #expect(try tree.pieces("f", size: 3) == ["0 1 0:1000", "1 1 0:1000", "2 1 0:1000"])
        #expect(
            refusal(lines + ["clone \(1 << 62) \(1 << 62) own f 0"])?.contains("is not one that a stream can have")
                == true)
    }

    // MARK: Names

    @Test("a directory moves while it is filled, and its names with it")
    func moves() throws {
        let tree = try madeTree([
            "dir o1", "file o1/a", "data 0 1 1", "dir o2", "rename o1 o2/d", "file o2/d/b", "data 0 2 2",
            "rename o2 top", "open top/d/a", "data 1 1 3",
        ])
        #expect(try tree.pieces("top/d/a") == ["0 1 0:1", "1 1 0:3"])
        #expect(try tree.pieces("top/d/b") == ["0 2 0:2"])
        #expect(tree.identity("o1/a") == nil && tree.identity("o2") == nil)
    }

    @Test("swaps, a directory that becomes a file, a file that becomes a directory")
    func swaps() throws {
        let tree = try madeTree(
            ["file a", "data 0 1 1", "file b", "data 0 2 2", "dir d", "file d/x", "data 0 3 3", "file f"],
            [
                "rename a o1", "rename b a", "rename o1 b", "rename d o2", "rename f d", "dir f",
                "rename o2/x f/x", "rmdir o2", "open d", "data 0 4 4",
            ])
        #expect(try tree.pieces("a") == ["0 2 0:2"])
        #expect(try tree.pieces("b") == ["0 1 0:1"])
        #expect(try tree.pieces("d") == ["0 4 1:4"])
        #expect(try tree.pieces("f/x") == ["0 3 0:3"])
    }

    @Test("a directory of ten thousand that is moved costs one command")
    func largeDirectory() throws {
        let files = (0..<10_000).flatMap { ["file d/\($0)", "data 0 7 \($0 + 1)"] }
        let tree = try madeTree(["dir d"] + files, ["dir e", "rename d e/d"])
        #expect(try tree.pieces("e/d/9999") == ["0 7 0:10000"])
        #expect(tree.identity("d/9999") == nil)
    }

    @Test(
        "what btrfs receive could not do is refused",
        arguments: [
            (["file a", "file a"], "something stands already at: a"), (["file a/b"], "there is no directory for: a/b"),
            (["file a", "file a/b"], "there is no directory for: a/b"), (["rename a b"], "there is nothing at: a"),
            (["file a", "file b", "rename a b"], "something stands already at: b"),
            (["dir a", "rename a a"], "something stands already at: a"),
            (["dir a", "rename a a/b"], "there is no directory for: a/b"),
            (["dir a", "dir a/b", "rename a a/b/c"], "there is no directory for: a/b/c"),
            (["dir a", "hardlink b a"], "another name for a directory: a"),
            (["hardlink b a"], "there is nothing at: a"),
            (["file a", "file b", "hardlink b a"], "something stands already at: b"),
            (["dir a", "unlink a"], "a directory is unlinked: a"), (["unlink a"], "there is nothing at: a"),
            (["file a", "rmdir a"], "what is not an empty directory is removed as one: a"),
            (["dir a", "file a/b", "rmdir a"], "what is not an empty directory is removed as one: a"),
            (["dir a", "open a"], "content for what is not a file: a"), (["open a"], "there is nothing at: a"),
            (["fifo a", "open a"], "content for what is not a file: a"), (["truncate 0"], "content for no file"),
            (["link a b", "open a"], "content for what is not a file: a"),
            (["file a", "fifo b", "truncate 0"], "content for no file"),
            (["file a", "rename a b", "data 0 1 1"], "content for no file"),
            (["file a", "hardlink b a", "zeros 0 1"], "content for no file"),
            (["file a", "file b", "unlink b", "punch 0 1"], "content for no file"),
            (["dir d", "file a", "rmdir d", "truncate 1"], "content for no file"),
            (["file a", "clone 0 1 own b 0"], "a clone of what is not there: b"),
            (["file a", "data 0 1 1", "file b", "clone 0 1 parent a 0"], "a clone of what is not there: a"),
        ] as [([String], String)])
    func refused(lines: [String], what: String) {
        #expect(refusal(lines) == what)
        #expect(refusal(["dir zzz"], lines) == what)
    }

    @Test("names of one object: as many as Btrfs allows, no more")
    func links() throws {
        let header = StreamMap.Header(streamVersion: 1, uuid: "01020304-0506-0708-090a-000000000000", parent: nil)
        var tree = VirtualTree()
        try tree.begin(try #require(header))
        try tree.apply(.make(.file, at: [0x61]))
        for number in 1..<65_535 { try tree.apply(.hardLink(Array("\(number)".utf8), of: [0x61])) }
        #expect(throws: CatalogueError.tree("too many names of: a")) { try tree.apply(.hardLink([0x62], of: [0x61])) }
    }

    // MARK: Chains

    @Test("a chain begins with a full stream and each increment is to the one before")
    func chains() throws {
        let maps = madeMaps([["file a"], ["file b"], ["file c"]])
        func refusal(_ chain: [Int]) -> CatalogueError? {
            var tree = VirtualTree()
            do throws(CatalogueError) {
                for number in chain {
                    let map = maps[number]
                    try tree.add(map.span)
                }
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal([0, 1, 2]) == nil)
        #expect(refusal([1]) == .tree("an increment to another snapshot"))
        #expect(refusal([0, 2]) == .tree("an increment to another snapshot"))
        #expect(refusal([0, 1, 1]) == .tree("an increment to another snapshot"))
        #expect(refusal([0, 0]) == .tree("a full stream in a chain"))
    }

    @Test("a tree that has refused one map takes no other")
    func failed() throws {
        var tree = try madeTree(["file a"])
        let map = madeMaps([["file a"], ["unlink b"]])[1]
        do throws(CatalogueError) { try tree.add(map.span) } catch {}
        do throws(CatalogueError) {
            try tree.add(map.span)
            Issue.record("it was taken")
        } catch {
            #expect(error == .tree("the artifact before is not complete"))
        }
    }

    @Test("a tree that is not complete, or has failed, answers nothing")
    func unfinished() throws {
        var tree = VirtualTree()
        #expect(throws: CatalogueError.self) { try tree.readPlan(for: [0x61], size: 0) }
        let header = try #require(
            StreamMap.Header(streamVersion: 1, uuid: "01020304-0506-0708-090a-000000000000", parent: nil))
        #expect(throws: CatalogueError.self) { try tree.apply(.make(.file, at: [0x61])) }
        tree = VirtualTree()
        try tree.begin(header)
        try tree.apply(.make(.file, at: [0x61]))
        #expect(tree.identity("a") == nil)
        #expect(throws: CatalogueError.self) { try tree.readPlan(for: [0x61], size: 0) }
        try tree.apply(.end(streamBytes: 0))
        #expect(tree.identity("a") != nil)
        #expect(throws: CatalogueError.self) { try tree.readPlan(for: [0x62], size: 0) }
        #expect(throws: CatalogueError.self) { try tree.readPlan(for: [], size: 0) }
        #expect(throws: CatalogueError.self) { try tree.readPlan(for: [0x61], size: -1) }
    }

    // MARK: History

    @Test("what an increment has done to an object, by whatever names")
    func changes() throws {
        let first = ["dir d", "file d/kept", "file d/written", "file d/renamed", "file d/linked", "file d/gone"]
        let old = try madeTree(first)
        let new = try madeTree(
            first,
            [
                "hardlink d/new-name d/renamed", "unlink d/renamed", "open d/written", "data 0 1 1",
                "hardlink d/another d/linked", "unlink d/gone", "file d/gone", "rename d e",
            ])
        func change(_ path: String) throws -> VirtualTree.Change {
            let identity = try #require(old.identity(path))
            return try #require(new.change(of: identity))
        }
        func told(_ change: VirtualTree.Change) -> String {
            let names = [change.formerPaths, change.paths].map { paths in
                paths.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
            }
            let words = [
                change.isMade ? "made" : nil, change.isGone ? "gone" : nil, change.hasOtherContents ? "written" : nil,
                change.isMoved ? "moved" : nil,
            ]
            return names.joined(separator: ", ") + ": " + words.compactMap { $0 }.joined(separator: " ")
        }
        #expect(told(try change("d/kept")) == "d/kept, e/kept: moved")
        #expect(told(try change("d/written")) == "d/written, e/written: written moved")
        #expect(told(try change("d/renamed")) == "d/renamed, e/new-name: moved")
        #expect(told(try change("d/linked")) == "d/linked, e/another e/linked: moved")
        #expect(told(try change("d/gone")) == "d/gone, : gone")
        #expect(told(try change("d")) == "d, e: moved")
        let made = try #require(new.identity("e/gone"))
        #expect(told(try #require(new.change(of: made))) == ", e/gone: made written")
        #expect(old.identity("d/gone") != new.identity("e/gone"))
        #expect(old.identity("d/renamed") == new.identity("e/new-name"))
    }

    @Test("an identity lasts for the chain, and what is gone is not known to later months")
    func identities() throws {
        let maps = [["file a", "file b"], ["hardlink c a", "unlink a", "unlink b"], ["rename c d"], []]
        let identity = try #require(try madeTree(maps[0]).identity("a"))
        let gone = try #require(try madeTree(maps[0]).identity("b"))
        let third = try madeTree(maps[0], maps[1], maps[2])
        #expect(third.identity("d") == identity)
        #expect(third.change(of: identity)?.formerPaths == [[0x63]])
        #expect(third.change(of: gone) == nil)
        #expect(third.paths(gone) == [])
        let fourth = try madeTree(maps[0], maps[1], maps[2], maps[3])
        #expect(fourth.change(of: identity)?.isNothing == true)
    }
}
