import Backup
import Browsing
import Catalogue
import Testing

@Suite("What is to be extracted")
struct ExtractionSelectionTests {
    private let label = Label(dataset: "dev", year: 2026, month: 3)

    /// Paths in the order of a listing; those that end with a slash are directories.
    private func listing(_ paths: [String]) throws -> ListingText {
        var text = "devjournal/tree/v2\n.\tdir\t0755\t0:0\t-\t-\t-\t-\t-\t-\t-\t-\n"
        let hash = String(repeating: "0", count: 64)
        for path in paths {
            text +=
                path.hasSuffix("/")
                ? "./\(path.dropLast())\tdir\t0755\t0:0\t-\t-\t0\t-\t-\t-\t-\t-\n"
                : "./\(path)\tfile\t0644\t0:0\t1\t0\t0\t-\t-\t-\t-\t\(hash)\n"
        }
        return try ListingText(Array(text.utf8))
    }

    private let tree = [
        "a/", "a/b/", "a/b/one.c", "a/two.c", "c/", "c/d/", "c/d/e/", "c/d/e/three.c", "c/four", "five*",
    ]

    private func selected(_ paths: [String]) throws -> [String] {
        try ExtractionSelection(paths, in: listing(tree), of: label).entries.map {
            String(decoding: $0.path, as: UTF8.self)
        }
    }

    @Test("nothing named is all, and so is the top")
    func whole() throws {
        let all = tree.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        #expect(try selected([]) == all)
        #expect(try selected(["/"]) == all)
        #expect(try ExtractionSelection([], in: listing(tree), of: label).top != nil)
        #expect(try ExtractionSelection(["a"], in: listing(tree), of: label).top == nil)
    }

    @Test(
        "a path brings what is below it and the directories above it, each once",
        arguments: [
            (["c/d"], ["c", "c/d", "c/d/e", "c/d/e/three.c"]),
            (["a/b/one.c", "a/two.c"], ["a", "a/b", "a/b/one.c", "a/two.c"]),
            (["c/four", "c/d/e"], ["c", "c/d", "c/d/e", "c/d/e/three.c", "c/four"]), (["five*"], ["five*"]),
            (["*.c"], ["a", "a/b", "a/b/one.c", "a/two.c", "c", "c/d", "c/d/e", "c/d/e/three.c"]),
            (["c/*/three.c"], ["c", "c/d", "c/d/e", "c/d/e/three.c"]),
        ])
    func parts(paths: [String], found: [String]) throws {
        #expect(try selected(paths) == found)
    }

    @Test("what names nothing is refused, by its own name")
    func nothing() throws {
        #expect(throws: BrowsingError.noSuchPath(Array("b".utf8), in: label)) { try selected(["b"]) }
        #expect(throws: BrowsingError.nothingFoundIn("x*", label)) { try selected(["*.c", "x*"]) }
        #expect(throws: BrowsingError.notAPath("../a")) { try selected(["../a"]) }
    }

    @Test("what the journal is to name are the objects that were asked for")
    func roots() throws {
        let roots = try ExtractionSelection(["c/d", "*.c"], in: listing(tree), of: label).roots
        #expect(roots.map { String(decoding: $0, as: UTF8.self) } == ["a/b/one.c", "a/two.c", "c/d"])
    }
}
