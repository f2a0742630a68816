internal import Digest
internal import DurableFiles

/// The SHA-256 of a file's content, without reading a large file again each time it is looked at.
///
/// A large object carries its hash in the extended attribute `user.devjournal.sha256` (`getfattr -d FILE`), together
/// with the size and the modification time that the file had. Where those differ, or the file system keeps no
/// attributes, the content is read.
enum ContentHash {
    /// Bytes from which a hash is recorded; a smaller file is read each time.
    static let recordedFrom: Int64 = 1 << 20
    private static let attribute = "devjournal.sha256"

    static func record(_ digest: SHA256Digest, on file: borrowing OpenFile) throws(FileFailure) {
        let state = try file.state()
        if state.size < recordedFrom { return }
        // Only saves time later: a file system that does not take it is not a failure.
        _ = file.setAttribute(attribute, Array(text(digest, state).utf8))
    }

    /// Nil where none is recorded, or the file was written to since.
    static func recorded(on file: borrowing OpenFile, _ state: FileState) -> SHA256Digest? {
        guard state.size >= recordedFrom, let bytes = file.attribute(attribute) else { return nil }
        let recorded = String(decoding: bytes, as: UTF8.self)
        guard let digest = SHA256Digest(hex: recorded.prefix(while: { $0 != " " })),
            recorded == text(digest, state)
        else { return nil }
        return digest
    }

    private static func text(_ digest: SHA256Digest, _ state: FileState) -> String {
        "\(digest.hex) \(state.size) \(state.modified)"
    }
}

/// Reads from the file's position to its end, gives every piece away, and returns the bytes' count and hash.
/// Stops early where more than `limit` bytes come.
func readHashing(
    _ file: borrowing OpenFile, limit: Int64, _ take: (Span<UInt8>) throws(StoreError) -> Void
) throws(StoreError) -> (count: Int64, sha256: SHA256Digest) {
    var hasher = SHA256()
    var count: Int64 = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while count <= limit {
        let got = try storing { () throws(FileFailure) in try file.read(into: &buffer) }
        if got == 0 { break }
        let piece = buffer.span.extracting(..<got)
        hasher.update(piece)
        count += Int64(got)
        try take(piece)
    }
    return (count, hasher.finish())
}
