import Sodium
import Testing

@testable import Age

@Suite("Identity files")
struct IdentityFileTests {
    private let one = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    private let two = text(of: AgeIdentity.generate())

    private func keys(_ text: String) throws(AgeError) -> [String] {
        try AgeIdentityFile.parse(Array(text.utf8).span).map { AgeTests.text(of: $0) }
    }

    private func failure(_ text: String) -> AgeError? {
        error { () throws(AgeError) in _ = try keys(text) }
    }

    @Test("Identities stand in lines, between comments and empty lines")
    func sound() throws {
        #expect(try keys(one) == [one])
        #expect(try keys(one + "\n") == [one])
        #expect(try keys("\(one)\n\(two)\n") == [one, two])
        #expect(try keys("# created: now\n#\n\n\(one)\n\n# \(two)\n\n") == [one])
        #expect(try keys("\r\n# a\r\n\(one)\r\n\r\n\(two)\r\n") == [one, two])
        #expect(try keys("# \u{e9}\u{0}\n\(one)") == [one])
    }

    @Test("A file without identity is refused")
    func none() {
        for text in ["", "\n", "# \(one)\n", "\r\n\r\n"] { #expect(failure(text) == .noIdentity) }
    }

    @Test("A line that is not an identity is refused, by its number and without its text")
    func malformed() {
        let lines = [
            " \(one)", "\(one) ", one.lowercased(), "x", " ", " # comment", "\(one)\r\r", "\(one) # mine",
            String(one.dropLast()), "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
            "AGE-SECRET-KEY-PQ-1XX", "AGE-PLUGIN-X-1XX", one + two,
        ]
        for line in lines {
            let found = failure("# first\n\(one)\n\n\(line)\n\(two)\n")
            guard case .malformedIdentityFile(line: 4, _) = found else {
                Issue.record("\(line): \(found.map(\.description) ?? "accepted")")
                continue
            }
            #expect(found?.description.contains("GFPYY") == false)
        }
    }

    @Test("A new file is as age-keygen writes it")
    func writing() throws {
        let key = try identity(one)
        let file = AgeIdentityFile.text(of: key, created: "2026-01-05T09:30:00Z")
        let expected = """
            # created: 2026-01-05T09:30:00Z
            # public key: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj
            \(one)

            """
        #expect(text(of: file) == expected)
        #expect(try keys(expected) == [one])
    }

    @Test("A file that is encrypted with a passphrase is named as such, and opens with it")
    func encrypted() throws {
        let plaintext = Array("# kit\n\(one)\n# end\n".utf8)
        let file = try AgeFile.encrypt(plaintext.span, passphrase: secret("words"), workFactor: 2)

        let parsed = error { () throws(AgeError) in _ = try AgeIdentityFile.parse(file.span) }
        #expect(parsed == .encryptedIdentityFile)
        #expect(failure("\n-----BEGIN AGE ENCRYPTED FILE-----\n") == .encryptedIdentityFile)

        let opened = try AgeIdentityFile.decrypt(file.span, passphrase: secret("words"))
        #expect(opened.map { text(of: $0) } == [one])

        let wrong = error { () throws(AgeError) in
            _ = try AgeIdentityFile.decrypt(file.span, passphrase: secret("word"))
        }
        #expect(wrong == .wrongKey)
    }
}
