internal import Digest
internal import Dispatch
internal import Synchronization

/// A buffer and how much of it is filled.
struct Block: Sendable {
    var bytes: [UInt8]
    var count = 0
    /// Of a compressed frame: the hash of what was compressed.
    var content: SHA256Digest?

    /// There must be room.
    mutating func append(_ part: Span<UInt8>) {
        let start = count
        count += part.count
        unsafe part.withUnsafeBytes { part in
            unsafe bytes.withUnsafeMutableBytes { bytes in
                let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + part.count])
                unsafe target.copyMemory(from: part)
            }
        }
    }
}

/// Hands blocks from one thread to another, a few at most at a time, and the emptied buffers back.
///
/// A failure of the sender reaches the receiver in its place; when the receiver gives up, so does the sender.
final class BlockChannel<Failure: Error>: Sendable {
    /// The receiver wants no more.
    struct AbandonedError: Error {}

    private struct State {
        var filled: [Block] = []
        var empty: [[UInt8]] = []
        var failure: Failure?
        /// Comes after the blocks.
        var lastFailure: Failure?
        var isAbandoned = false
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)
    private let arrivals = DispatchSemaphore(value: 0)

    /// Room for `capacity` blocks.
    init(capacity: Int) {
        // A semaphore may not be let go below the value it was made with, so it is made with 0.
        for _ in 0..<capacity { room.signal() }
    }

    /// A buffer to fill: one that came back, or a new one. All buffers of a channel are of one `size`.
    func emptyBuffer(of size: Int) -> [UInt8] {
        state.withLock { $0.empty.popLast() } ?? [UInt8](repeating: 0, count: size)
    }

    /// Waits for room.
    func send(_ block: consuming Block) throws(AbandonedError) {
        room.wait()
        let block = consume block
        let isWanted = state.withLock { state in
            if state.isAbandoned || state.failure != nil { return false }
            state.filled.append(block)
            return true
        }
        if !isWanted {
            room.signal()
            throw AbandonedError()
        }
        arrivals.signal()
    }

    /// There is no more to send; where the sender failed, the receiver learns it after what was sent before.
    func finish(_ failure: Failure? = nil) {
        state.withLock { $0.lastFailure = failure }
        arrivals.signal()
    }

    /// The sender failed, or the whole work is cancelled: what was sent before is dropped.
    func fail(_ failure: Failure) {
        state.withLock { state in
            if state.failure == nil { state.failure = failure }
        }
        arrivals.signal()
        room.signal()
    }

    /// Waits for the next block; nil after the last one: an arrival without a block is the end.
    func receive() throws(Failure) -> Block? {
        arrivals.wait()
        let (block, failure) = state.withLock { state -> (Block?, Failure?) in
            if let failure = state.failure { return (nil, failure) }
            return state.filled.isEmpty ? (nil, state.lastFailure) : (state.filled.removeFirst(), nil)
        }
        if let failure {
            arrivals.signal()
            throw failure
        }
        if block == nil { arrivals.signal() } else { room.signal() }
        return block
    }

    /// Takes the buffer of a block that was read, and leaves the block empty: the next one to fill the buffer must be
    /// its only owner, or all of it would be copied then.
    func giveBack(_ block: inout Block) {
        let buffer = block.bytes
        block = Block(bytes: [])
        state.withLock { $0.empty.append(buffer) }
    }

    /// The receiver gives up.
    func abandon() {
        state.withLock { $0.isAbandoned = true }
        room.signal()
    }
}
