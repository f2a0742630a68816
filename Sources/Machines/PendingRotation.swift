import DurableFiles
import Glibc
package import JournalFormat
package import JournalStore
package import SystemPackage

/// A rotation on its way, in a directory of its own: `lines`, `root` and `sequencer.key`, and when these are complete
/// `checkpoint`.
package struct PendingRotation {
    private let directory: FilePath

    package init(_ directory: FilePath) {
        self.directory = directory
    }

    private var key: FilePath { directory.appending("sequencer.key") }
    private var lines: FilePath { directory.appending("lines") }
    private var root: FilePath { directory.appending("root") }
    private var checkpoint: FilePath { directory.appending("checkpoint") }

    package var isComplete: Bool { pathExists(checkpoint) }

    package func write(_ start: EpochStart, _ sequencer: JournalKey, _ rootID: KeyID) throws {
        if isComplete { return }
        try remove()
        try makeDirectories(directory, permissions: 0o700)
        try KeyFile.write(sequencer, to: key)
        try writeFileAtomically(root, Array("\(rootID)\n".utf8))
        try writeFileAtomically(lines, Array(start.lines.joined()))
        try writeFileAtomically(checkpoint, Array(start.signed.note.utf8))
    }

    /// Nil where there is none, or one that had not come as far as to be claimed.
    package func read() throws -> (start: EpochStart, sequencer: JournalKey, root: KeyID)? {
        guard isComplete else { return nil }
        let signed: SignedCheckpoint
        do { signed = try SignedCheckpoint(note: try readFile(checkpoint, limit: 1 << 16)) } catch {
            throw MachineError.malformed(checkpoint, "no signed checkpoint: \(error)")
        }
        var parts: [[UInt8]] = [[]]
        for byte in try readFile(lines, limit: 1 << 20) {
            parts[parts.count - 1].append(byte)
            if byte == UInt8(ascii: "\n") { parts.append([]) }
        }
        parts.removeLast()
        // Once installed the key is no longer here.
        let place = pathExists(key) ? key : directory.removingLastComponent().appending("sequencer.key")
        guard !parts.isEmpty, let rootID = try KeyID.read(root),
            let sequencer = try KeyFile.read(place, role: .sequencer)
        else { throw MachineError.malformed(directory, "a rotation that is not complete") }
        return (
            EpochStart(firstSeq: signed.checkpoint.size - parts.count + 1, lines: parts, signed: signed), sequencer,
            rootID
        )
    }

    /// Renames the key over the old one: at no moment is there none.
    package func installKey(as path: FilePath) throws {
        guard pathExists(key) else { return }
        try check(unsafe rename(key.string, path.string), "rename to", path)
        try synchronizeDirectory(path.removingLastComponent())
    }

    package func remove() throws {
        // The file that makes it complete goes first; a write that was interrupted may have left another.
        try removeFile(checkpoint)
        for name in try namesInDirectory(directory) ?? [] { try removeFile(directory.appending(name)) }
        _ = unsafe rmdir(directory.string)
    }
}
