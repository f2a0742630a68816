import Age
import JournalFormat
import RecoveryKit
import Testing

/// Kits that were written in format 1, and lie in drawers.
@Suite("A kit of format 1")
struct OldKitTests {
    private let section = TestKit.section("dev", identities: 2)

    private func text(mirror: String) -> String {
        """
        # devjournal recovery kit, format 1
        # data set: dev
        # journal: \(section.log)
        # root fingerprint: \(section.root.id)
        # mirror: \(mirror)
        # made: 2026-01-05T08:00:00.000Z
        #
        # Everything in the bucket opens with this file and its passphrase:
        #   age -d -i THIS-FILE OBJECT
        # Artifacts are also compressed, and hold what btrfs send wrote:
        #   age -d -i THIS-FILE dev@2026-01.full.send.zst.age | zstd -d | btrfs receive DIRECTORY
        # A new server gets its journal, keys and manifests back with:
        #   devjournal rebuild --from-mirror --kit THIS-FILE
        #
        # root key: \(String(decoding: section.root.line(), as: UTF8.self))

        """
            + section.identities.map { identity in
                "# public key: \(identity.recipient)\n\(identity.withText { String(copying: $0) })\n"
            }.joined()
    }

    @Test("It opens as one section, and what is written of it is format 2")
    func opens() throws {
        for (written, mirror) in [("file:///srv/mirror", "file:///srv/mirror"), ("-", nil)] {
            let opened = try TestKit.open(try TestKit.file(holding: text(mirror: written)))
            var expected = section
            expected.mirror = mirror
            #expect(opened.shown == [Shown(expected)])
            let again = try TestKit.file(opened)
            #expect(try TestKit.text(again).hasPrefix("# devjournal recovery kit, format 2\n"))
            #expect(try TestKit.open(again).shown == opened.shown)
        }
    }

    @Test("One that lacks a part, or holds a wrong one, is refused and says which")
    func incomplete() throws {
        let cases = [
            ("# data set: ", "data set"), ("# journal: ", "journal"), ("# mirror: ", "mirror"),
            ("# root key: ", "root key"), ("AGE-SECRET-KEY-1", "identity"),
        ]
        let lines = text(mirror: "-").split(separator: "\n", omittingEmptySubsequences: false)
        for (prefix, told) in cases {
            let without = lines.filter { !$0.hasPrefix(prefix) }.joined(separator: "\n")
            let failure = TestKit.failure(opening: try TestKit.file(holding: without))
            #expect(failure?.description.contains(told) == true, "without \(prefix)")
            let wrong = lines.map { $0.hasPrefix(prefix) ? prefix + "\u{1}" : $0 }.joined(separator: "\n")
            #expect(TestKit.failure(opening: try TestKit.file(holding: wrong)) != nil, "with a wrong \(prefix)")
        }
    }
}
