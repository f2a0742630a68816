import Catalogue
import Digest
import Testing

@Suite("What differs between two listings")
struct ListingDifferenceTests {
    /// `name kind content`, the content of a file or the target of a link.
    private func listing(_ lines: [String]) throws -> ListingText {
        var text = "devjournal/tree/v2\n.\tdir\t0755\t0:0\t-\t-\t-\t-\t-\t-\t-\t-\n"
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            switch words[1] {
            case "dir": text += "./\(words[0])\tdir\t0755\t0:0\t-\t-\t1\t-\t-\t-\t-\t-\n"
            case "link": text += "./\(words[0])\tlink\t0777\t0:0\t1\t1\t1\t-\t\(words[2])\t-\t-\t-\n"
            default:
                let content = Array(words[2].utf8)
                let mode = words.count > 3 ? words[3] : "0644"
                text +=
                    "./\(words[0])\tfile\t\(mode)\t0:0\t1\t\(content.count)\t1\t-\t-\t-\t-\t"
                    + "\(SHA256.hash(content.span).hex)\n"
            }
        }
        return try ListingText(Array(text.utf8))
    }

    private func shown(_ old: [String], _ new: [String]) throws -> [String] {
        func name(_ entry: ListingEntry) -> String { String(decoding: entry.path, as: UTF8.self) }
        return try ListingDifference(from: try listing(old), to: try listing(new)).changes.map { change in
            switch change {
            case .added(let entry): "+\(name(entry))"
            case .removed(let entry): "-\(name(entry))"
            case .changed(_, let entry, let aspects):
                "M\(name(entry)) \(aspects.map(\.rawValue).joined(separator: ","))"
            case .moved(let from, let to): "R\(name(from)) \(name(to))"
            }
        }
    }

    @Test("nothing, of the same tree")
    func same() throws {
        #expect(try shown(["a file x", "b dir", "b/c link t"], ["a file x", "b dir", "b/c link t"]) == [])
    }

    @Test("added, removed and changed, each with what it is")
    func simple() throws {
        #expect(try shown(["a file x", "b file y"], ["b file z", "c file w"]) == ["-a", "Mb contents", "+c"])
        #expect(try shown(["a file x"], ["a file x 0600"]) == ["Ma mode"])
        #expect(try shown(["a file x"], ["a dir"]) == ["Ma kind"])
        #expect(try shown(["l link x"], ["l link y"]) == ["Ml target"])
    }

    @Test("the order is that of names, in which a directory's content follows it")
    func order() throws {
        #expect(try shown(["a dir", "a/b file x", "a.c file y"], ["a dir", "a.c file y"]) == ["-a/b"])
        #expect(try shown(["a\\x01 file x"], ["a\\x01 file x", "ab file y"]) == ["+ab"])
    }

    @Test("a file that moved, the one of the same name first")
    func moved() throws {
        #expect(try shown(["a file x"], ["b file x"]) == ["Ra b"])
        #expect(
            try shown(["d dir", "d/a file x", "e file x"], ["d dir", "f dir", "f/a file x"]) == [
                "-e", "+f", "Rd/a f/a",
            ])
    }

    @Test("a directory that moved as a whole is one line, and one that did not is not")
    func directories() throws {
        let before = ["a dir", "a/b dir", "a/b/c file x", "a/d file y"]
        #expect(try shown(before, ["z dir", "z/b dir", "z/b/c file x", "z/d file y"]) == ["Ra z"])
        #expect(
            try shown(before, ["z dir", "z/b dir", "z/b/c file x", "z/d file w"])
                == ["-a", "-a/d", "+z", "Ra/b z/b", "+z/d"])
        #expect(
            try shown(before, ["a dir", "a/d file y", "z dir", "z/c file x"]) == ["Ra/b z"])
    }
}
