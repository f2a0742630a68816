import CSodium

/// Working memory of a fixed size that is reused for piece after piece and overwritten when it is let go.
///
/// For what passes through in bulk; keys belong in `SecretBytes`, whose guarded pages are scarce.
@safe
package struct WipedBuffer: ~Copyable, @unchecked Sendable {
    package let capacity: Int
    /// How many bytes from the start are in use.
    package private(set) var count = 0
    private let memory: UnsafeMutablePointer<UInt8>

    package init(capacity: Int) {
        self.capacity = capacity
        unsafe memory = .allocate(capacity: max(capacity, 1))
    }

    /// Bytes that still fit.
    package var room: Int { capacity - count }

    /// Adds bytes at the end; they must fit.
    package mutating func append(_ bytes: Span<UInt8>) {
        let start = count
        let added = bytes.count
        precondition(added <= room, "the buffer is too small")
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let first = source.baseAddress else { return }
            unsafe (memory + start).update(from: first, count: added)
        }
        count = start + added
    }

    /// Adds one byte at the end; it must fit.
    package mutating func append(_ byte: UInt8) {
        precondition(room > 0, "the buffer is full")
        unsafe memory[count] = byte
        count += 1
    }

    /// Adds the bytes that `fill` writes, at most `most` of them, for which there must be room.
    ///
    /// - Parameter fill: is given a place for them and `most`; says how many it has written, or nil for failure.
    /// - Returns: false after a failure; nothing is added then.
    @safe mutating func append(atMost most: Int, _ fill: (UnsafeMutablePointer<UInt8>, Int) -> Int?) -> Bool {
        precondition(most <= room, "the buffer is too small")
        guard let added = unsafe fill(memory + count, most) else { return false }
        count += added
        return true
    }

    /// Forgets the content; the memory stays.
    package mutating func removeAll() { count = 0 }

    /// The bytes in use, for the time of the call.
    package func withSpan<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe Span(_unsafeStart: UnsafePointer(memory), count: count))
    }

    /// A copy of the bytes in use, in guarded memory.
    package func secret() -> SecretBytes {
        SecretBytes(count: count) { copy in unsafe copy.update(from: memory, count: count) }
    }

    /// Replaces the content by `newCount` bytes which `fill` writes.
    @safe package mutating func replace<Result>(
        count newCount: Int, _ fill: (UnsafeMutablePointer<UInt8>) -> Result
    ) -> Result {
        precondition(newCount <= capacity, "the buffer is too small")
        count = newCount
        return unsafe fill(memory)
    }

    deinit {
        unsafe sodium_memzero(memory, capacity)
        unsafe memory.deallocate()
    }
}
