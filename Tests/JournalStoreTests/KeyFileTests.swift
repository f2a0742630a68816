import Foundation
import JournalFormat
import JournalStore
import ScratchSpace
import Sodium
import SystemPackage
import Testing

@Suite("Key files")
struct KeyFileTests {
    private let scratch: ScratchDirectory
    private let path: FilePath
    private let key = JournalKey.generate(.sequencer)

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.path.appending("sequencer.key")
        try KeyFile.write(key, to: path)
    }

    private func refusal(_ role: KeyRole = .sequencer, _ path: FilePath? = nil) -> String? {
        complaint { _ = try KeyFile.read(path ?? self.path, role: role) }
    }

    @Test("A key written is read again, and is its owner's alone")
    func roundTrip() throws {
        let read = try #require(try KeyFile.read(path, role: .sequencer))
        #expect(read.id == key.id && read.publicKey == key.publicKey)
        #expect(try path.stat().permissions == [.ownerReadWrite])
        #expect(contents(path)?.last == UInt8(ascii: "\n"))
        #expect(contents(path)?.dropLast().elementsEqual(key.line()) == true)
        #expect(try KeyFile.read(scratch.path.appending("none"), role: .sequencer) == nil)
    }

    @Test("A key is never written over another file")
    func noOverwriting() throws {
        let before = contents(path)
        #expect(complaint { try KeyFile.write(JournalKey.generate(.sequencer), to: path) } != nil)
        #expect(contents(path) == before)
    }

    @Test("A key that others can read is refused", arguments: [0o644, 0o640, 0o604, 0o660, 0o601])
    func permissions(_ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
        let error = #expect(throws: JournalError.self) { _ = try KeyFile.read(path, role: .sequencer) }
        #expect(error?.hint?.contains("chmod 600") == true)
    }

    @Test("A symbolic link, a directory and a link to nothing are refused")
    func links() throws {
        for target in [path, scratch.path, scratch.path.appending("nothing")] {
            let link = scratch.path.appending("link")
            try plantLink(link, to: target)
            #expect(refusal(.sequencer, link) != nil)
            try FileManager.default.removeItem(atPath: link.string)
        }
        #expect(refusal(.sequencer, scratch.path) != nil)
    }

    @Test("A key of another role is refused", arguments: [KeyRole.root, .author])
    func roles(_ role: KeyRole) {
        #expect(refusal(role) == "\(path) is not a \(role.rawValue) key of devjournal")
    }

    @Test(
        "Garbage is refused, and nothing of it is shown",
        arguments: [
            "", "\n", "devjournal-key-v1", "devjournal-key-v1 sequencer", "devjournal-key-v1 sequencer ",
            "devjournal-key-v1 sequencer AAAA", "devjournal-key-v2 sequencer KEY",
            "devjournal-key-v1 sequencer KEY\n\n",
            "devjournal-key-v1 sequencer KEY ", " devjournal-key-v1 sequencer KEY", "devjournal-key-v1  sequencer KEY",
            "devjournal-key-v1 sequencer KEY\r\n", "devjournal-key-v1 sequencer KEYKEY", "\u{0}",
        ])
    func garbage(_ text: String) throws {
        let secret = Base64.encode([UInt8](repeating: 7, count: 32))
        try FileManager.default.removeItem(atPath: path.string)
        let text = Array(text.replacingOccurrences(of: "KEY", with: secret).utf8)
        try plant(path, text)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path.string)
        let said = try #require(refusal())
        #expect(!said.contains(secret))
        #expect(said.contains("is not a sequencer key") || said.contains("holds a key that cannot be read"))
    }
}
