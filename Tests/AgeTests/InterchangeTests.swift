import Foundation
import Sodium
import StockTools
import Testing

@testable import Age

@Suite("Stock age reads what this writes, and the other way")
struct InterchangeTests {
    private static let sizes = [0, 1, 65535, 65536, 65537, 131071, 131072, 131073, 5_000_000]

    private func put(_ identity: AgeIdentity, in stock: StockAge, as name: String) throws {
        let text = AgeIdentityFile.text(of: identity, created: "2026-01-05T09:30:00Z")
        try stock.write(text.withSpan { array($0) }, to: name)
    }

    @Test("Every size, both ways, binary and armored", arguments: sizes)
    func everySize(count: Int) throws {
        let stock = try StockAge()
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(count)
        try put(key, in: stock, as: "key")

        try stock.write(AgeFile.encrypt(plaintext.span, to: [key.recipient]), to: "ours.age")
        #expect(try stock.age("-d", "-i", "key", "-o", "ours", "ours.age"))
        // Stock age 1.1.1 makes no file when there is nothing to write.
        #expect(try count == 0 || stock.read("ours") == plaintext)

        try stock.write(plaintext, to: "theirs")
        #expect(try stock.age("-r", key.recipient.description, "-o", "theirs.age", "theirs"))
        #expect(read(try stock.read("theirs.age"), with: .identities([key])) == Reading(plaintext: plaintext))

        #expect(try stock.age("-a", "-r", key.recipient.description, "-o", "armored.age", "theirs"))
        let armored = try stock.read("armored.age")
        let isRecognized = AgeFile.isAgeFile(armored.span)
        #expect(isRecognized)
        #expect(read(armored, with: .identities([key]), step: 10_000) == Reading(plaintext: plaintext))
    }

    @Test("Several recipients")
    func recipients() throws {
        let stock = try StockAge()
        let keys = (0..<3).map { _ in AgeIdentity.generate() }
        let plaintext = SeededGenerator.some(1000)
        try stock.write(plaintext, to: "plain")
        try stock.write(AgeFile.encrypt(plaintext.span, to: keys.map(\.recipient)), to: "ours.age")
        let names = keys.map(\.recipient.description)
        #expect(try stock.age("-r", names[0], "-r", names[1], "-r", names[2], "-o", "theirs.age", "plain"))
        let theirs = try stock.read("theirs.age")
        for key in keys {
            try put(key, in: stock, as: "key")
            #expect(try stock.age("-d", "-i", "key", "-o", "out", "ours.age"))
            #expect(try stock.read("out") == plaintext)
            #expect(read(theirs, with: .identities([key])) == Reading(plaintext: plaintext))
        }
        try put(.generate(), in: stock, as: "key")
        #expect(try !stock.age("-d", "-i", "key", "-o", "none", "ours.age"))
    }

    @Test("Keys of age-keygen, and the public key it sees in ours")
    func keys() throws {
        let stock = try StockAge()
        #expect(try stock.run("/usr/bin/age-keygen", ["-o", "theirs"]))
        let file = try stock.read("theirs")
        let theirs = try AgeIdentityFile.parse(file.span)
        #expect(theirs.count == 1)
        let text = String(decoding: file, as: UTF8.self)
        #expect(text.contains("# public key: \(theirs[0].recipient)\n"))

        let key = AgeIdentity.generate()
        try put(key, in: stock, as: "ours")
        #expect(try stock.run("/usr/bin/age-keygen", ["-y", "-o", "public", "ours"]))
        #expect(String(decoding: try stock.read("public"), as: UTF8.self) == "\(key.recipient)\n")
    }

    @Test("Passphrases, both ways")
    func passphrases() throws {
        let stock = try StockAge()
        let plaintext = SeededGenerator.some(100_000)
        try stock.write(plaintext, to: "plain")

        #expect(try stock.age(typing: "four plain words", "-p", "-o", "theirs.age", "plain"))
        let theirs = try stock.read("theirs.age")
        #expect(read(theirs, with: .passphrase("four plain words")) == Reading(plaintext: plaintext))
        #expect(read(theirs, with: .passphrase("four plain word")) == Reading(error: .wrongKey))
        #expect(AgeFile.workFactor(theirs.span) == 18)

        let ours = try AgeFile.encrypt(plaintext.span, passphrase: secret("four plain words"), workFactor: 12)
        #expect(AgeFile.workFactor(ours.span) == 12)
        try stock.write(ours, to: "ours.age")
        #expect(try stock.age(typing: "four plain words", "-d", "-o", "out", "ours.age"))
        #expect(try stock.read("out") == plaintext)
        #expect(try !stock.age(typing: "four plain word", "-d", "-o", "none", "ours.age"))
    }

    @Test("A recovery kit: an identity file encrypted with a passphrase, with comments, opens files of both")
    func kit() throws {
        let stock = try StockAge()
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(1000)
        let comments = Array("# bucket: devjournal\n# root: 0123\n".utf8)
        let text = AgeIdentityFile.text(of: key, created: "2026-01-05T09:30:00Z").withSpan { array($0) } + comments
        let kit = try AgeFile.encrypt(text.span, passphrase: secret("kit words"))
        try stock.write(kit, to: "kit.age")
        try stock.write(AgeFile.encrypt(plaintext.span, to: [key.recipient]), to: "file.age")

        #expect(try stock.age(typing: "kit words", "-d", "-i", "kit.age", "-o", "out", "file.age"))
        #expect(try stock.read("out") == plaintext)

        let identities = try AgeIdentityFile.decrypt(kit.span, passphrase: secret("kit words"))
        #expect(identities.map(\.recipient) == [key.recipient])

        // Stock age writes armored kits too.
        try stock.write(text, to: "text")
        #expect(try stock.age(typing: "kit words", "-p", "-a", "-o", "armored.age", "text"))
        let armored = try stock.read("armored.age")
        let again = try AgeIdentityFile.decrypt(armored.span, passphrase: secret("kit words"))
        #expect(again.map(\.recipient) == [key.recipient])
    }
}
