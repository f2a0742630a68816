import CSodium

/// Key material in memory of its own: guarded by unmapped pages, locked where the system allows it,
/// overwritten when it is let go (`sodium_malloc(3)`).
///
/// It cannot be copied, so a key is in one place only. `[UInt8]` and `String` copy freely and must not hold one.
@safe
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    package let count: Int
    private let memory: UnsafeMutablePointer<UInt8>

    /// `count` bytes, zero until `fill` sets them through the pointer it is given.
    @safe package init<Failure: Error>(
        count: Int, fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        Sodium.start()
        guard let start = unsafe sodium_malloc(max(count, 1)) else {
            fatalError("no guarded memory for a key: the limit for locked memory or mappings is reached")
        }
        unsafe sodium_memzero(start, count)
        let bytes = unsafe start.bindMemory(to: UInt8.self, capacity: max(count, 1))
        do {
            try unsafe fill(bytes)
        } catch {
            unsafe sodium_free(start)
            throw error
        }
        self.count = count
        unsafe memory = bytes
    }

    /// New random bytes.
    package init(randomCount count: Int) {
        self.init(count: count) { bytes in unsafe randombytes_buf(bytes, count) }
    }

    /// Takes over what is in `bytes` and overwrites it there.
    package init(moving bytes: inout [UInt8]) {
        let count = bytes.count
        self.init(count: count) { target in
            bytes.withMutablePointer { source in
                unsafe target.update(from: source, count: count)
                unsafe sodium_memzero(source, count)
            }
        }
    }

    /// The bytes, for the time of the call.
    package func withSpan<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe Span(_unsafeStart: UnsafePointer(memory), count: count))
    }

    /// The address of the bytes, for the time of the call.
    @safe package func withPointer<Result, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafePointer(memory))
    }

    /// Whether both hold the same bytes, compared in constant time.
    package func equals(_ other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        return unsafe sodium_memcmp(memory, other.memory, count) == 0
    }

    deinit {
        unsafe sodium_free(memory)
    }
}

extension [UInt8] {
    /// Overwrites the bytes, in a way that the optimiser keeps (`sodium_memzero(3)`).
    package mutating func wipe() {
        let count = self.count
        withMutablePointer { start in unsafe sodium_memzero(start, count) }
    }
}
