internal import DurableFiles
package import JournalFormat
package import SystemPackage

/// What a server knows of its mirror without asking: the checkpoint that it has committed there last. Each commit replaces
/// it, and who waits for one reads it.
///
///     devjournal-mirrored-v1 s3://backups/home
///     <the checkpoint>
///
/// It says what was so when it was written. Only the mirror itself says what is there now.
package struct MirroredHead: Sendable, Equatable {
    package let url: String
    package let signed: SignedCheckpoint

    private static let title = "devjournal-mirrored-v1 "
    private static let limit = SignedCheckpoint.maximumLength + 4096

    init(url: String, signed: SignedCheckpoint) {
        self.url = url
        self.signed = signed
    }

    /// - Parameters:
    ///   - root: `LS_ROOT`.
    ///   - url: the mirror that is asked about.
    /// - Returns: nil where nothing is known of that mirror, or the file is no such thing.
    package static func read(below root: FilePath, of url: String) -> MirroredHead? {
        guard let bytes = try? readFile(path(root), limit: limit),
            let end = bytes.firstIndex(of: UInt8(ascii: "\n")),
            bytes[..<end].elementsEqual("\(title)\(url)".utf8),
            let signed = try? SignedCheckpoint(note: Array(bytes[(end + 1)...]))
        else { return nil }
        return MirroredHead(url: url, signed: signed)
    }

    /// Remembers it. Where that cannot be, the commit counts all the same: who waits for it waits longer, and a push asks the
    /// mirror.
    func remember(below root: FilePath) {
        if Self.read(below: root, of: url) == self { return }
        let path = Self.path(root)
        do throws(FileFailure) {
            try makeDirectories(path.removingLastComponent())
            try writeFileAtomically(path, Array("\(Self.title)\(url)\n\(signed.note)".utf8))
        } catch {}
    }

    private static func path(_ root: FilePath) -> FilePath { root.appending("manifests/mirrored") }
}
