internal import DurableFiles
package import JournalFormat
internal import Sodium
package import SystemPackage

/// Signing keys on disk: one line of text, readable by their owner only.
///
///     devjournal-key-v1 sequencer 93fBPfJb…=
package enum KeyFile {
    private static let magic = "devjournal-key-v1"

    /// Writes a key to a name that must be free.
    package static func write(_ key: JournalKey, to path: FilePath) throws(JournalError) {
        var seed = key.key.seed().withSpan { Array(copying: $0) }
        var text = Array("\(magic) \(key.role.rawValue) ".utf8)
        text += Base64.encode(seed).utf8
        text.append(UInt8(ascii: "\n"))
        defer {
            seed.wipe()
            text.wipe()
        }
        try orFile { () throws(FileFailure) in
            try writeNewFile(path, text, permissions: [.ownerReadWrite])
        }
    }

    /// Reads a key of that role; nil where there is no such file.
    package static func read(_ path: FilePath, role: KeyRole) throws(JournalError) -> JournalKey? {
        guard pathExists(path) else { return nil }
        var bytes = try orFile { () throws(FileFailure) in try readPrivateFile(path, limit: 4096) }
        defer { bytes.wipe() }
        return try parse(bytes, role: role, path)
    }

    /// The line without its LF, as it also stands in a recovery kit.
    package static func parse(_ bytes: [UInt8], role: KeyRole, _ path: FilePath) throws(JournalError) -> JournalKey {
        let prefix = Array("\(magic) \(role.rawValue) ".utf8)
        var text = bytes
        defer { text.wipe() }
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        guard text.starts(with: prefix) else {
            throw .badKeyFile(path, "is not a \(role.rawValue) key of devjournal")
        }
        guard var seed = Base64.decode(text.span.extracting(droppingFirst: prefix.count), count: Ed25519.seedSize)
        else { throw .badKeyFile(path, "holds a key that cannot be read") }
        defer { seed.wipe() }
        return JournalKey(Ed25519.SigningKey(seed: seed.span), role: role)
    }

    /// A new key.
    package static func generate(_ role: KeyRole) -> JournalKey {
        JournalKey(Ed25519.SigningKey(seed: SecretBytes(randomCount: Ed25519.seedSize)), role: role)
    }

    /// The line that stands for the key in a recovery kit. The caller overwrites it when done.
    package static func line(_ key: JournalKey) -> [UInt8] {
        var seed = key.key.seed().withSpan { Array(copying: $0) }
        defer { seed.wipe() }
        return Array("\(magic) \(key.role.rawValue) \(Base64.encode(seed))".utf8)
    }
}
