internal import Age
internal import CLinux
internal import Digest
internal import DurableFiles
internal import SystemPackage

/// Encrypts into a file.
struct SealedOutput: ~Copyable {
    private var encryptor: AgeEncryptor
    private var output: HashedOutput

    init(_ encryptor: consuming AgeEncryptor, _ output: consuming HashedOutput) {
        self.encryptor = encryptor
        self.output = output
    }

    mutating func start() throws {
        try output.write(encryptor.start().span)
    }

    mutating func write(_ piece: Span<UInt8>) throws {
        try encryptor.update(piece) { (sealed) throws(FileFailure) in try output.write(sealed) }
    }

    /// - Returns: the file's length and hash.
    consuming func finish() throws -> (UInt64, SHA256Digest) {
        var output = output
        try encryptor.finish { (sealed) throws(FileFailure) in try output.write(sealed) }
        return output.finish()
    }
}

/// Writes to a file and hashes what it writes.
struct HashedOutput: ~Copyable {
    /// Bytes after which the disk is asked to begin (`sync_file_range(2)`), so that the sync at the end has little to
    /// wait for. It promises nothing and may fail: durable is what that sync says.
    private static let writeBehind: UInt64 = 8 << 20

    private let target: FileDescriptor
    private let path: FilePath
    private var digest = SHA256()
    private var bytes: UInt64 = 0
    private var begun: UInt64 = 0

    init(_ target: FileDescriptor, _ path: FilePath) {
        self.target = target
        self.path = path
    }

    mutating func write(_ piece: Span<UInt8>) throws(FileFailure) {
        digest.update(piece)
        bytes += UInt64(piece.count)
        try writeAll(piece, to: target, path)
        if bytes - begun >= Self.writeBehind {
            _ = clinux_begin_writing(target.rawValue, Int64(begun), Int64(bytes - begun))
            begun = bytes
        }
    }

    consuming func finish() -> (UInt64, SHA256Digest) {
        (bytes, digest.finish())
    }
}
