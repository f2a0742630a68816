import Digest
import DurableFiles
import Glibc
import SystemPackage

/// Artifacts as files of the repository.
enum ArtifactFile {
    /// Bytes and hash of a file.
    static func hash(_ path: FilePath) throws -> (bytes: Int, sha256: SHA256Digest) {
        let file = try OpenFile(path, .readOnly, options: .noFollow)
        var hasher = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var bytes = 0
        while true {
            let count = try file.read(into: &buffer)
            if count == 0 { break }
            hasher.update(buffer.span.extracting(0..<count))
            bytes += count
        }
        let sha256 = hasher.finish()
        try file.close()
        return (bytes, sha256)
    }

    /// Brings a file whose hash is known to its place, durably: by a rename, or across file systems by a copy that
    /// is checked before the original is removed. What is there under that name must be the same bytes.
    static func place(_ source: FilePath, at target: FilePath, sha256: SHA256Digest) throws {
        if source == target { return }
        if pathExists(target) {
            guard try hash(target).sha256 == sha256 else {
                throw Complaint(
                    "\(target) is there already, with other content", hint: "artifacts are immutable", .refused)
            }
            try removeFile(source)
            return
        }
        do {
            try renameToNewName(source, target)
        } catch  where error.errno == .improperLink {
            try copy(source, to: target, sha256: sha256)
            try removeFile(source)
        }
    }

    private static func copy(_ source: FilePath, to target: FilePath, sha256: SHA256Digest) throws {
        let temporary = target.sibling(".\(target.lastComponent?.string ?? "").\(getpid()).storing")
        do {
            let input = try OpenFile(source, .readOnly, options: .noFollow)
            let output = try OpenFile(
                temporary, .writeOnly, options: [.create, .exclusiveCreate], permissions: [.ownerRead, .groupRead])
            var hasher = SHA256()
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = try input.read(into: &buffer)
                if count == 0 { break }
                let block = buffer.span.extracting(0..<count)
                hasher.update(block)
                try output.write(block)
            }
            guard hasher.finish() == sha256 else { throw Complaint("\(source) changed while it was copied", .damaged) }
            try output.synchronize()
            try output.close()
            try renameToNewName(temporary, target)
        } catch {
            try? removeFile(temporary)
            throw error
        }
    }
}
