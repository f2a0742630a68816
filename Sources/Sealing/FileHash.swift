package import Digest
internal import DurableFiles
package import SystemPackage

/// Length and SHA-256 of an open file from its beginning; afterwards it stands at its beginning again. `progress` is told
/// how many bytes were read, block by block.
package func hash(
    _ descriptor: FileDescriptor, _ path: FilePath, isWanted: () -> Bool = { true },
    progress: (UInt64) -> Void = { _ in }
) throws -> (bytes: UInt64, sha256: SHA256Digest) {
    var digest = SHA256()
    var bytes: UInt64 = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    try attempt("read", path) { _ = try descriptor.seek(offset: 0, from: .start) }
    while isWanted() {
        let count = try attempt("read", path) {
            try unsafe buffer.withUnsafeMutableBytes { try unsafe descriptor.read(into: $0) }
        }
        if count == 0 {
            try attempt("read", path) { _ = try descriptor.seek(offset: 0, from: .start) }
            return (bytes, digest.finish())
        }
        digest.update(buffer.span.extracting(0..<count))
        bytes += UInt64(count)
        progress(bytes)
    }
    throw CancellationError()
}
