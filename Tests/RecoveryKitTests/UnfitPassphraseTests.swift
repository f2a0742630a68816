import RecoveryKit
import Sodium
import Testing

@Suite("A passphrase that somebody thought up is long enough and can be typed, or is refused")
struct UnfitPassphraseTests {
    private func refusal(_ text: String) -> UnfitPassphraseError? {
        var bytes = Array(text.utf8)
        let secret = SecretBytes(moving: &bytes)
        do { try UnfitPassphraseError.check(secret) } catch { return error }
        return nil
    }

    @Test(
        "twelve characters, five of them different, are enough",
        arguments: ["abcdeabcdeab", "correct horse", "пароль пароль", "四百四病四百四病之外四百四病", "éàüöß 123456"])
    func enough(_ text: String) {
        #expect(refusal(text) == nil)
    }

    @Test("one that is made is taken")
    func made() throws {
        try UnfitPassphraseError.check(makePassphrase())
    }

    @Test(
        "less is not, however many bytes a character has",
        arguments: [
            ("a", .short(1)), ("abcdefghijk", .short(11)), ("四百四病之外四百四病", .short(10)),
            ("aaaaaaaaaaaa", .monotonous(1)), ("abcdabcdabcdabcdabcd", .monotonous(4)),
            ("éàéàéàéàéàéà", .monotonous(2)),
        ] as [(String, UnfitPassphraseError)])
    func tooWeak(_ text: String, _ expected: UnfitPassphraseError) {
        #expect(refusal(text) == expected)
    }

    @Test("the refusal says the rule, and nothing of the passphrase")
    func told() {
        #expect(
            UnfitPassphraseError.short(3).description
                == "the new passphrase is too short (3): it needs at least 12 characters, 5 of them different")
    }

    @Test(
        "what a file can hold and nobody types is not taken",
        arguments: [
            (Array("correct horse \r".utf8), .controlCharacter),
            (Array("correct\u{0}horse staple".utf8), .controlCharacter),
            (Array("\u{feff}correct horse".utf8), .controlCharacter),
            (Array("correct\u{200b}horse".utf8), .controlCharacter),
            (Array("correct horse ".utf8), .blankAtAnEnd), (Array("\tcorrect horse".utf8), .controlCharacter),
            (Array(" correct horse".utf8), .blankAtAnEnd), (Array("correct\u{a0}horse".utf8), .controlCharacter),
            (Array("pru\u{308}fen und zahlen".utf8), .decomposed),
            (Array("\u{1112}\u{1161} correct horse".utf8), .decomposed),
            (Array("correct horse".utf8) + [0xfc], .notUTF8),
        ] as [([UInt8], UnfitPassphraseError.Oddity)])
    func odd(_ text: [UInt8], _ expected: UnfitPassphraseError.Oddity) {
        var bytes = text
        let secret = SecretBytes(moving: &bytes)
        #expect(UnfitPassphraseError.oddity(of: secret) == expected)
        #expect(throws: UnfitPassphraseError.hardToType(expected)) { try UnfitPassphraseError.check(secret) }
    }
}
