import RecoveryKit
import Sodium
import Testing

@Suite("A passphrase that somebody thought up is long enough, or refused")
struct WeakPassphraseTests {
    private func refusal(_ text: String) -> WeakPassphrase? {
        var bytes = Array(text.utf8)
        let secret = SecretBytes(moving: &bytes)
        do { try WeakPassphrase.check(secret) } catch { return error }
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
        try WeakPassphrase.check(makePassphrase())
    }

    @Test(
        "less is not, however many bytes a character has",
        arguments: [
            ("a", .short(1)), ("abcdefghijk", .short(11)), ("四百四病之外四百四病", .short(10)),
            ("aaaaaaaaaaaa", .monotonous(1)), ("abcdabcdabcdabcdabcd", .monotonous(4)),
            ("éàéàéàéàéàéà", .monotonous(2)),
        ] as [(String, WeakPassphrase)])
    func tooWeak(_ text: String, _ expected: WeakPassphrase) {
        #expect(refusal(text) == expected)
    }

    @Test("the refusal says the rule, and nothing of the passphrase")
    func told() {
        #expect(
            WeakPassphrase.short(3).description
                == "the new passphrase is too short (3): it needs at least 12 characters, 5 of them different")
    }
}
