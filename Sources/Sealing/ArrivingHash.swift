internal import CLinux
package import Digest
internal import Dispatch
package import DurableFiles
internal import Synchronization
package import SystemPackage
internal import Threads

/// The SHA-256 of a file that is being written from its beginning to its end: a thread of its own reads and hashes what
/// has arrived, so that nobody has to read all of it again afterwards, and begins its way to the disk.
///
///     let hash = try ArrivingHash(descriptor, path)
///     hash.reached(bytes)                    // from any thread, as often as one likes
///     let digest = try hash.finish(size)     // or stop(), or the thread waits for ever
///
/// What was once said to be there must not be written again. The descriptor stays open until the end.
package final class ArrivingHash: Sendable {
    private struct State {
        /// Bytes from the beginning that are there.
        var arrived: Int64 = 0
        var isComplete = false
        var isWanted = true
        /// Nil until the thread has ended.
        var result: Result<SHA256Digest, FileFailure>?
    }

    /// The thread is woken for so many bytes.
    private static let step: Int64 = 1 << 20
    /// So many are hashed before it looks whether it is still wanted.
    private static let stretch: Int64 = 8 << 20

    private let state = Mutex(State())
    private let news = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)
    private let descriptor: FileDescriptor
    private let path: FilePath

    package init(_ descriptor: FileDescriptor, _ path: FilePath) throws(FileFailure) {
        self.descriptor = descriptor
        self.path = path
        var thread = OwnThreads()
        guard thread.start({ [self] in run() }) else {
            throw FileFailure("hash", path, .resourceTemporarilyUnavailable)
        }
    }

    /// So many bytes are there in all.
    package func reached(_ bytes: Int64) {
        let isMuch = state.withLock { state in
            let before = state.arrived
            state.arrived = max(before, bytes)
            return state.arrived / Self.step > before / Self.step
        }
        if isMuch { news.signal() }
    }

    /// The hash of the first `size` bytes, all of which are there.
    package func finish(_ size: Int64) throws(FileFailure) -> SHA256Digest {
        state.withLock { state in
            state.arrived = max(state.arrived, size)
            state.isComplete = true
        }
        news.signal()
        end.wait()
        guard let result = state.withLock({ $0.result }) else { throw FileFailure("hash", path, .canceled) }
        return try result.get()
    }

    /// Nobody needs the hash any more.
    package func stop() {
        state.withLock { $0.isWanted = false }
        news.signal()
        end.wait()
    }

    private func run() {
        let result: Result<SHA256Digest, FileFailure>
        do throws(FileFailure) {
            result = .success(try hashAll())
        } catch {
            result = .failure(error)
        }
        state.withLock { $0.result = result }
        end.signal()
    }

    private func hashAll() throws(FileFailure) -> SHA256Digest {
        var digest = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var hashed: Int64 = 0
        while true {
            let state = state.withLock { $0 }
            guard state.isWanted else { throw FileFailure("hash", path, .canceled) }
            let before = hashed
            let end = min(state.arrived, before + Self.stretch)
            while hashed < end {
                let count = try read(from: hashed, most: end - hashed, into: &buffer)
                digest.update(buffer.span.extracting(..<count))
                hashed += Int64(count)
            }
            // Only saves time later: an error tells nothing. A count of 0 would mean all that follows.
            if hashed > before { _ = clinux_begin_writing(descriptor.rawValue, before, hashed - before) }
            if hashed < state.arrived { continue }
            if state.isComplete { return digest.finish() }
            news.wait()
        }
    }

    private func read(from offset: Int64, most: Int64, into buffer: inout [UInt8]) throws(FileFailure) -> Int {
        let wanted = Int(min(most, Int64(buffer.count)))
        let count = try attempt("read", path) {
            try unsafe buffer.withUnsafeMutableBytes { bytes in
                try unsafe descriptor.read(
                    fromAbsoluteOffset: offset, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]))
            }
        }
        // Somebody else has cut it.
        guard count > 0 else { throw FileFailure("read", path, .ioError) }
        return count
    }
}
