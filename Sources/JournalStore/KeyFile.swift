internal import DurableFiles
package import JournalFormat
internal import Sodium
package import SystemPackage

/// Signing keys on disk: one line of text (`JournalKey.line()`), readable by their owner only.
package enum KeyFile {
    /// Writes a key to a name that must be free.
    package static func write(_ key: JournalKey, to path: FilePath) throws(JournalError) {
        var line = key.line()
        var text = line + [UInt8(ascii: "\n")]
        defer {
            line.wipe()
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
        do { return try JournalKey(line: bytes, role: role) } catch {
            switch error {
            case .otherKind: throw .badKeyFile(path, "is not a \(role.rawValue) key of devjournal")
            case .unreadable: throw .badKeyFile(path, "holds a key that cannot be read")
            }
        }
    }
}
