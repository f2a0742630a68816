import Age
import JournalFormat
import JournalStore
import RecoveryKit
import Sodium
import StockTools
import Testing

@Suite("The recovery kit")
struct RecoveryKitTests {
    private static let now = Timestamp(milliseconds: 1_767_600_000_000)
    /// The least work, so that tests are fast.
    private static let workFactor = 10

    private let root = KeyFile.generate(.root)
    private let log = EventID(at: RecoveryKitTests.now, random: randomBytes(10))
    private let identities = [AgeIdentity.generate(), AgeIdentity.generate()]

    private func secret(_ text: String) -> SecretBytes {
        var bytes = Array(text.utf8)
        return SecretBytes(moving: &bytes)
    }

    private func kit(mirror: String? = "file:///srv/mirror") -> RecoveryKit {
        RecoveryKit(dataset: "dev", log: log, root: root, identities: identities, mirror: mirror)
    }

    private func file(_ kit: RecoveryKit, _ passphrase: String = "kit words") throws -> [UInt8] {
        try kit.encrypted(with: secret(passphrase), made: Self.now, workFactor: Self.workFactor)
    }

    private func failure(opening file: [UInt8], _ passphrase: String = "kit words") -> RecoveryKit.Failure? {
        do {
            _ = try RecoveryKit(opening: file, with: secret(passphrase))
            return nil
        } catch {
            return error
        }
    }

    /// The text inside, and a file with another text under the same passphrase.
    private func text(_ file: [UInt8]) throws -> String {
        try AgeFile.decryptSecret(file.span, passphrase: secret("kit words")).withSpan { String(copying: $0) }
    }

    private func file(holding text: String) throws -> [UInt8] {
        try AgeFile.encrypt(
            Array(text.utf8).span, passphrase: secret("kit words"), workFactor: Self.workFactor)
    }

    /// Everything in a kit that must never be shown.
    private var secrets: [String] {
        [String(decoding: KeyFile.line(root).suffix(44), as: UTF8.self)]
            + identities.map { $0.withText { String(copying: $0) } } + ["kit words"]
    }

    @Test("What was put in comes out", arguments: ["file:///srv/mirror", nil])
    func roundTrip(mirror: String?) throws {
        let opened = try RecoveryKit(opening: try file(kit(mirror: mirror)), with: secret("kit words"))
        #expect(opened.dataset == "dev")
        #expect(opened.log == log)
        #expect(opened.root.id == root.id)
        #expect(opened.root.role == .root)
        #expect(opened.identities.map(\.recipient) == identities.map(\.recipient))
        #expect(opened.mirror == mirror)
    }

    @Test("The root key that comes out signs as the one that went in")
    func rootKey() throws {
        let opened = try RecoveryKit(opening: try file(kit()), with: secret("kit words"))
        let message = Array("message".utf8)
        #expect(opened.root.key.sign(message.span) == root.key.sign(message.span))
    }

    @Test("Another passphrase is told as such")
    func wrongPassphrase() throws {
        let failure = failure(opening: try file(kit()), "kit word")
        #expect(failure?.isWrongPassphrase == true)
        #expect(failure?.description == "the passphrase does not open the recovery kit")
    }

    @Test("A file that is no kit is refused")
    func notAKit() throws {
        for bytes in [[], Array("no age file".utf8), AgeFile.encrypt([1].span, to: identities.map(\.recipient))] {
            let failure = failure(opening: bytes)
            #expect(failure != nil)
        }
        let other = failure(opening: try file(holding: "# something else\n"))
        #expect(other?.isWrongPassphrase == false)
        #expect(other?.description == "this is no recovery kit: its first line is another")
    }

    @Test("A kit that lacks a part, or holds a wrong one, is refused and says which")
    func incomplete() throws {
        let whole = try text(try file(kit()))
        let cases = [
            ("# data set: ", "data set"), ("# journal: ", "journal"), ("# mirror: ", "mirror"),
            ("# root key: ", "root key"), ("AGE-SECRET-KEY-1", "identity"),
        ]
        for (prefix, told) in cases {
            let lines = whole.split(separator: "\n", omittingEmptySubsequences: false)
            let without = lines.filter { !$0.hasPrefix(prefix) }.joined(separator: "\n")
            let failure = failure(opening: try file(holding: without))
            #expect(failure?.description.contains(told) == true, "without \(prefix)")
            let wrong = lines.map { $0.hasPrefix(prefix) ? prefix + "%" : $0 }.joined(separator: "\n")
            // Any text may name a mirror: opening it says what is wrong with it.
            let refusal = self.failure(opening: try file(holding: wrong))
            #expect((refusal != nil) == (told != "mirror"), "with a wrong \(prefix)")
        }
        let later = whole.replacing("format 1\n", with: "format 2\n")
        #expect(failure(opening: try file(holding: later))?.description.contains("first line") == true)
    }

    @Test("A kit with a changed byte does not open, wherever it is")
    func changed() throws {
        let file = try file(kit())
        for place in stride(from: 0, to: file.count, by: 37) {
            var changed = file
            changed[place] ^= 1
            #expect(failure(opening: changed) != nil, "byte \(place)")
        }
        for end in [0, 1, 100, file.count - 1] {
            #expect(failure(opening: Array(file[..<end])) != nil, "cut at \(end)")
        }
    }

    @Test("No error holds a secret")
    func noSecretInErrors() throws {
        let whole = try text(try file(kit()))
        var failures: [RecoveryKit.Failure] = []
        for line in whole.split(separator: "\n") {
            for other in [String(line.dropLast()), line + "x", line + " " + line] {
                let changed = whole.replacing(line + "\n", with: other + "\n")
                if let failure = failure(opening: try file(holding: changed)) { failures.append(failure) }
            }
        }
        #expect(failures.count > 5)
        for failure in failures {
            let shown = "\(failure) \(String(reflecting: failure))"
            for secret in secrets { #expect(!shown.contains(secret), "\(failure.description)") }
        }
    }

    @Test("Stock age takes the kit as it is as an identity file")
    func stockAge() throws {
        let stock = try StockAge()
        let plaintext = Array("what was backed up".utf8)
        try stock.write(try kit().encrypted(with: secret("kit words"), made: Self.now), to: "kit.age")
        for identity in identities {
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

extension String {
    fileprivate init(copying bytes: Span<UInt8>) {
        self = bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}
