import Digest
import DurableFiles
import Glibc
import SystemPackage

/// A regular file that is being written piece by piece, in the staging directory. What nobody writes is a hole.
///
/// Its content is hashed while it is written where the pieces come in the order of the file, as nearly all do; else it is
/// read again when it is complete.
final class NewFile {
    private static let blockSize = 1 << 20
    private static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    let name: [UInt8]
    private var descriptor: FileDescriptor?
    private var digest = SHA256()
    /// Up to there everything is in the digest; nil once that cannot be said any more.
    private var hashed: Int? = 0

    init(_ name: [UInt8], _ descriptor: FileDescriptor) {
        self.name = name
        self.descriptor = descriptor
    }

    var isOpen: Bool { descriptor != nil }

    /// Lets the descriptor go for a while.
    func close() {
        try? descriptor?.close()
        descriptor = nil
    }

    func reopen(_ again: FileDescriptor) { descriptor = again }

    func write(_ piece: Span<UInt8>, at offset: Int) throws(Errno) {
        guard let descriptor else { throw .badFileDescriptor }
        do {
            try unsafe piece.withUnsafeBytes { bytes in
                var written = 0
                while written < bytes.count {
                    written += try unsafe descriptor.write(
                        toAbsoluteOffset: Int64(offset + written), UnsafeRawBufferPointer(rebasing: bytes[written...]))
                }
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
        guard let end = hashed else { return }
        guard offset >= end else { return hashed = nil }
        hashZeros(offset - end)
        digest.update(piece)
        hashed = offset + piece.count
    }

    private func hashZeros(_ count: Int) {
        var left = count
        while left > 0 {
            let part = min(left, Self.zeros.count)
            digest.update(Self.zeros.span.extracting(0..<part))
            left -= part
        }
    }

    /// Gives it its size, and says what it holds then.
    func finish(size: Int) throws(Errno) -> SHA256Digest {
        guard let descriptor else { throw .badFileDescriptor }
        if ftruncate(descriptor.rawValue, size) != 0 { throw Errno(rawValue: errno) }
        if let end = hashed, end <= size {
            hashZeros(size - end)
            return digest.finish()
        }
        return try Self.hash(descriptor)
    }

    /// Of all that is in a file.
    static func hash(_ descriptor: FileDescriptor) throws(Errno) -> SHA256Digest {
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: blockSize)
        var offset: Int64 = 0
        do {
            while case let count = try unsafe buffer.withUnsafeMutableBytes({
                try unsafe descriptor.read(fromAbsoluteOffset: offset, into: $0)
            }), count > 0 {
                digest.update(buffer.span.extracting(0..<count))
                offset += Int64(count)
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
        return digest.finish()
    }

    deinit { try? descriptor?.close() }
}
