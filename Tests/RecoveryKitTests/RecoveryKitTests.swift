import Age
import JournalFormat
import RecoveryKit
import Sodium
import StockTools
import Testing

@Suite("The recovery kit")
struct RecoveryKitTests {
    private let dev = TestKit.section("dev", identities: 2)
    private let notes = TestKit.section("notes", mirror: nil)

    private func kit() throws -> RecoveryKit { try RecoveryKit([dev, notes]) }

    /// Everything in a kit that must never be shown.
    private var secrets: [String] {
        [dev, notes].flatMap { section in
            [String(decoding: section.root.line().suffix(44), as: UTF8.self)]
                + section.identities.map { $0.withText { String(copying: $0) } }
        } + [TestKit.passphrase]
    }

    /// The text inside, but with `prefix`'s first line changed; nil takes the line out.
    private func changed(_ prefix: String, _ change: (String) -> String?) throws -> [UInt8] {
        var isDone = false
        let lines = try TestKit.text(try TestKit.file(kit())).split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.compactMap { line -> String? in
            guard !isDone, line.hasPrefix(prefix) else { return String(line) }
            isDone = true
            return change(String(line))
        }
        #expect(isDone, "\(prefix) must be there")
        return try TestKit.file(holding: text.joined(separator: "\n"))
    }

    @Test("What was put in comes out")
    func roundTrip() throws {
        let opened = try TestKit.open(try TestKit.file(kit()))
        #expect(opened.shown == [Shown(dev), Shown(notes)])
        #expect(opened.sections.allSatisfy { $0.root.role == .root })
    }

    @Test("The root key that comes out signs as the one that went in")
    func rootKey() throws {
        let opened = try TestKit.open(try TestKit.file(kit()))
        let message = Array("message".utf8)
        #expect(opened.sections[1].root.key.sign(message.span) == notes.root.key.sign(message.span))
    }

    @Test("Another passphrase is reported as such")
    func wrongPassphrase() throws {
        let failure = TestKit.failure(opening: try TestKit.file(kit()), "kit word")
        #expect(failure?.isWrongPassphrase == true)
        #expect(failure?.description == "the passphrase does not open the recovery kit")
    }

    @Test("A file that is not a kit is refused")
    func notAKit() throws {
        for bytes in [
            [], Array("no age file".utf8), AgeFile.encrypt([1].span, to: dev.identities.map(\.recipient)),
            try TestKit.file(holding: ""), try TestKit.file(holding: "\n"),
        ] {
            #expect(TestKit.failure(opening: bytes) != nil)
        }
        let other = TestKit.failure(opening: try TestKit.file(holding: "# something else\n"))
        #expect(other?.isWrongPassphrase == false)
        #expect(other?.description == "this is not a recovery kit: its first line is another")
        let title = "# devjournal recovery kit, format 2\n"
        #expect(TestKit.failure(opening: try TestKit.file(holding: title)) != nil)
        #expect(TestKit.failure(opening: try TestKit.file(holding: title.replacing("2", with: "3"))) != nil)
    }

    @Test(
        "A kit that lacks a part, holds a wrong one or one twice, is refused and says which",
        arguments: [
            ("# data set: ", "data set"), ("# journal: ", "journal"), ("# root fingerprint: ", "root fingerprint"),
            ("# mirror: ", "mirror"), ("# root key: ", "root key"), ("# public key: ", "public key"),
            ("AGE-SECRET-KEY-1", "identity"),
        ])
    func incomplete(prefix: String, told: String) throws {
        let without = TestKit.failure(opening: try changed(prefix) { _ in nil })
        #expect(without?.description.contains(told) == true, "without \(prefix): \(String(describing: without))")
        for other in ["\(prefix)\u{1}", "\(prefix)", prefix + "%\r"] {
            #expect(TestKit.failure(opening: try changed(prefix) { _ in other }) != nil, "with a wrong \(prefix)")
        }
        #expect(TestKit.failure(opening: try changed(prefix) { "\($0)\n\($0)" }) != nil, "\(prefix) twice")
    }

    @Test("A kit whose parts are not each other's is refused")
    func mixed() throws {
        let other = TestKit.section("other")
        let rootLine = String(decoding: other.root.line(), as: UTF8.self)
        let identityLine = other.identities[0].withText { String(copying: $0) }
        for (prefix, line) in [
            ("# data set: dev", "# data set: notes"), ("# journal: ", "# journal: \(notes.log)"),
            ("# root fingerprint: ", "# root fingerprint: \(other.root.id)"),
            ("# root key: ", "# root key: \(rootLine)"),
            ("# public key: ", "# public key: \(other.identities[0].recipient)"), ("AGE-SECRET-KEY-1", identityLine),
        ] {
            #expect(TestKit.failure(opening: try changed(prefix) { _ in line }) != nil, "with another \(prefix)")
        }
    }

    @Test("Lines that belong to no section are refused")
    func foreignLines() throws {
        let identity = AgeIdentity.generate().withText { String(copying: $0) }
        for (place, line) in [
            ("# made: ", identity), ("# journal: ", "# note: x"), ("AGE-SECRET-KEY-1", identity),
            ("AGE-SECRET-KEY-1", ""), ("# data set: notes", "#"), ("# data set: notes", "# more"),
        ] {
            #expect(TestKit.failure(opening: try changed(place) { "\(line)\n\($0)" }) != nil, "\(line) before \(place)")
        }
        let text = try TestKit.text(try TestKit.file(kit()))
        for end in ["#\n", "\n", "x", "# data set: more\n", identity + "\n"] {
            #expect(TestKit.failure(opening: try TestKit.file(holding: text + end)) != nil, "\(end) at the end")
        }
        #expect(TestKit.failure(opening: try TestKit.file(holding: String(text.dropLast()))) != nil)
        #expect(TestKit.failure(opening: try TestKit.file(holding: text)) == nil)
    }

    @Test("A kit that is cut between two lines is refused")
    func cut() throws {
        let text = try TestKit.text(try TestKit.file(kit()))
        var taken = ""
        for line in text.split(separator: "\n") {
            #expect(TestKit.failure(opening: try TestKit.file(holding: taken)) != nil, "before \(line)")
            taken += line + "\n"
        }
        #expect(taken == text)
    }

    @Test("A kit whose text was changed in one byte opens only as what it says now, and is written so again")
    func otherText() throws {
        let text = Array(try TestKit.text(try TestKit.file(kit())).utf8)
        /// What is in the sections: the comments before them are for a person.
        func sections(_ text: String) -> Substring? {
            text.firstRange(of: "# data set: ").map { text[$0.lowerBound...] }
        }
        var opened = 0
        for place in text.indices {
            for byte: UInt8 in [text[place] ^ 1, text[place] ^ 0x20, UInt8(ascii: "\n"), 0] where byte != text[place] {
                var changed = text
                changed[place] = byte
                let other = String(decoding: changed, as: UTF8.self)
                guard let kit = try? TestKit.open(try TestKit.file(holding: other)) else { continue }
                opened += 1
                #expect(
                    sections(try TestKit.text(try TestKit.file(kit))) == sections(other), "byte \(place) is \(byte)")
            }
        }
        // Such as another mirror, and another comment.
        #expect(opened > 100)
    }

    @Test("A kit with a changed byte does not open, wherever it is")
    func changed() throws {
        let file = try TestKit.file(kit())
        for place in stride(from: 0, to: file.count, by: 37) {
            var changed = file
            changed[place] ^= 1
            #expect(TestKit.failure(opening: changed) != nil, "byte \(place)")
        }
        for end in [0, 1, 100, file.count - 1] {
            #expect(TestKit.failure(opening: Array(file[..<end])) != nil, "cut at \(end)")
        }
    }

    @Test("No error holds a secret")
    func noSecretInErrors() throws {
        let whole = try TestKit.text(try TestKit.file(kit()))
        var failures: [RecoveryKit.OpeningError] = []
        for line in Set(whole.split(separator: "\n")) {
            for other in [String(line.dropLast()), line + "x", line + " " + line] {
                let changed = whole.replacing(line + "\n", with: other + "\n")
                if let failure = TestKit.failure(opening: try TestKit.file(holding: changed)) {
                    failures.append(failure)
                }
            }
        }
        #expect(failures.count > 20)
        for failure in failures {
            let shown = "\(failure) \(String(reflecting: failure))"
            for secret in secrets { #expect(!shown.contains(secret), "\(failure.description)") }
        }
    }

    @Test("Stock age takes the kit as it is as an identity file, for every data set in it")
    func stockAge() throws {
        let stock = try StockAge()
        let plaintext = Array("what was backed up".utf8)
        try stock.write(try kit().encrypted(with: TestKit.secret(), made: TestKit.now), to: "kit.age")
        for identity in dev.identities + notes.identities {
            try stock.write(AgeFile.encrypt(plaintext.span, to: [identity.recipient]), to: "file.age")
            #expect(try stock.age(typing: "kit words", "-d", "-i", "kit.age", "-o", "out", "file.age"))
            #expect(try stock.read("out") == plaintext)
        }
        #expect(try !stock.age(typing: "kit word", "-d", "-i", "kit.age", "-o", "none", "file.age"))
    }

    @Test("A passphrase that is made has five groups of five, and is another each time")
    func passphrase() {
        let made = Set((0..<50).map { _ in makePassphrase().withSpan { String(copying: $0) } })
        #expect(made.count == 50)
        for text in made {
            let groups = text.split(separator: "-", omittingEmptySubsequences: false)
            #expect(groups.count == 5)
            #expect(groups.allSatisfy { $0.count == 5 && !$0.contains(where: { "01lo".contains($0) }) })
        }
    }
}
