import CCrypto
import CSHA256

/// SHA-256 (FIPS 180-4) by OpenSSL's libcrypto, which uses the processor's SHA instructions.
package struct SHA256: ~Copyable, Sendable {
    package static let size = 32

    private var context = SHA256_CTX()

    package init() {
        begin()
    }

    private mutating func begin() {
        let started = unsafe SHA256_Init(&context)
        precondition(started == 1, "SHA-256 could not be started")
    }

    package mutating func update(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe SHA256_Update(&context, bytes.baseAddress, bytes.count)
        }
        precondition(done == 1, "SHA-256 could not go on")
    }

    /// The same bytes for two digests. Where the processor can, and both stand at the beginning of a block of 64 bytes, it
    /// costs little more than for one of them.
    package static func update(_ one: inout SHA256, _ other: inout SHA256, _ bytes: Span<UInt8>) {
        let blocks = bytes.count / blockSize
        guard blocks > 0, canPair, one.context.num == 0, other.context.num == 0 else {
            one.update(bytes)
            other.update(bytes)
            return
        }
        unsafe bytes.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return }
            unsafe withUnsafeMutableBytes(of: &one.context.h) { first in
                unsafe withUnsafeMutableBytes(of: &other.context.h) { second in
                    unsafe csha256_two(
                        first.assumingMemoryBound(to: UInt32.self).baseAddress,
                        second.assumingMemoryBound(to: UInt32.self).baseAddress, start, blocks)
                }
            }
        }
        one.count(blocks)
        other.count(blocks)
        let rest = bytes.extracting((blocks * blockSize)...)
        one.update(rest)
        other.update(rest)
    }

    private static let blockSize = 64
    private static let canPair = csha256_has_two()

    /// Counts blocks that were hashed outside of libcrypto: `Nh` and `Nl` are the number of bits.
    private mutating func count(_ blocks: Int) {
        let bits = (UInt64(context.Nh) << 32 | UInt64(context.Nl)) &+ UInt64(blocks * Self.blockSize * 8)
        context.Nh = UInt32(truncatingIfNeeded: bits >> 32)
        context.Nl = UInt32(truncatingIfNeeded: bits)
    }

    /// The digest of all that was given to `update`; a new one begins.
    package mutating func finish() -> SHA256Digest {
        var digest = SHA256Digest()
        let done = digest.withMutableBytes { bytes in
            unsafe SHA256_Final(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), &context)
        }
        precondition(done == 1, "SHA-256 could not be finished")
        begin()
        return digest
    }

    /// The digest of one piece of bytes.
    package static func hash(_ bytes: Span<UInt8>) -> SHA256Digest {
        var hasher = SHA256()
        hasher.update(bytes)
        return hasher.finish()
    }
}
