package import Backup
import DurableFiles
package import JournalFormat
import JournalStore
import SystemPackage

/// Whose word a workstation takes for what an artifact holds: its own, and that of the keys that a person at this
/// workstation has named. An enrolment on the server adds none: a hostile server would enrol its own.
///
/// Kept in `WS_STATE/trusted-authors`, a line a key: the fingerprint, then whatever a person may read.
package struct TrustedAuthors {
    private static let longestFile = 1 << 16

    private let path: FilePath
    package let keys: Set<KeyID>

    package init(_ workstation: Workstation) throws {
        path = workstation.files.trustedAuthors
        var keys: Set<KeyID> = []
        if let own = try workstation.machine.authorKey()?.id { keys.insert(own) }
        for line in try Self.lines(path) {
            guard let word = line.split(separator: " ").first else { continue }
            guard let key = KeyID(word) else {
                throw MachineError.malformed(path, "a line that does not begin with a fingerprint: \(line)")
            }
            keys.insert(key)
        }
        self.keys = keys
    }

    private static func lines(_ path: FilePath) throws -> [Substring] {
        guard pathExists(path) else { return [] }
        let text = String(decoding: try readFile(path, limit: longestFile), as: UTF8.self)
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    }

    /// Adds the key, durably. What is there already stays as it is.
    package func add(_ key: KeyID, _ name: String) throws {
        if keys.contains(key) { return }
        let before = pathExists(path) ? try readFile(path, limit: Self.longestFile) : []
        let gap = before.isEmpty || before.last == UInt8(ascii: "\n") ? "" : "\n"
        try writeFileAtomically(
            path, before + Array("\(gap)\(key) \(name)\n".utf8), permissions: .ownerReadWrite)
    }

    /// The first of an artifact's sealings that one of them has signed.
    package func sealing(of entry: BackupState.Entry) -> BackupState.Sealing? {
        entry.sealings.first { keys.contains($0.author) }
    }
}
