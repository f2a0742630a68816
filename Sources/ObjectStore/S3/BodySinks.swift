internal import Curl
internal import DurableFiles
internal import SystemPackage

/// A sink of a request that may be sent more than once.
protocol S3Sink: HTTPBodySink {
    /// Whether the request may be sent again from its beginning.
    var canRestart: Bool { get }
    func restart()
    /// Bytes that have come since it was last restarted.
    var received: Int { get }
}

/// Keeps an answer's body in memory, up to a limit.
final class MemorySink: S3Sink {
    let limit: Int
    private(set) var bytes: [UInt8] = []
    private(set) var isTooLarge = false

    init(limit: Int) {
        self.limit = limit
    }

    func begin(_ head: HTTPHead) -> Bool {
        isTooLarge = head["content-length"].flatMap { Int($0) }.map { $0 > limit } ?? false
        return !isTooLarge
    }

    func write(_ piece: Span<UInt8>) -> Bool {
        guard bytes.count + piece.count <= limit else {
            isTooLarge = true
            return false
        }
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        return true
    }

    var canRestart: Bool { !isTooLarge }

    func restart() {
        bytes = []
    }

    var received: Int { bytes.count }
}

/// Writes an answer's body to a file as it arrives.
final class FileSink: S3Sink {
    private let descriptor: FileDescriptor
    private let path: FilePath
    private let counter: TransferCounter
    private let accepts: (HTTPHead) throws(StoreError) -> Int64
    private var hasBegun = false
    /// Bytes that were announced.
    private var room: Int64 = 0
    private(set) var written: Int64 = 0
    private(set) var failure: StoreError?

    /// - Parameter accepts: judges the answer's head before the first byte is written, and says how many are to come:
    ///   no more are taken, whatever arrives.
    init(
        _ file: borrowing OpenFile, _ counter: TransferCounter,
        accepts: @escaping (HTTPHead) throws(StoreError) -> Int64
    ) {
        descriptor = file.descriptor
        path = file.path
        self.counter = counter
        self.accepts = accepts
    }

    func begin(_ head: HTTPHead) -> Bool {
        hasBegun = true
        do throws(StoreError) {
            room = try accepts(head)
            return true
        } catch {
            failure = error
            return false
        }
    }

    func write(_ piece: Span<UInt8>) -> Bool {
        guard written + Int64(piece.count) <= room else {
            failure = .corrupt("more bytes arrive for \(path) than were announced")
            return false
        }
        do throws(FileFailure) {
            try attempt("write", path) { _ = try unsafe piece.withUnsafeBytes { try unsafe descriptor.writeAll($0) } }
            written += Int64(piece.count)
            counter.add(Int64(piece.count))
            return true
        } catch {
            failure = StoreError(error)
            return false
        }
    }

    /// What is written stays: only who knows where it stopped can continue.
    var canRestart: Bool { !hasBegun }

    func restart() {}

    var received: Int { Int(written) }
}

/// Keeps a part of an object in memory.
final class PartSink: S3Sink {
    private let limit: Int
    private let accepts: (HTTPHead) throws(StoreError) -> Void
    private var hasBegun = false
    private(set) var bytes: [UInt8] = []
    private(set) var failure: StoreError?

    /// - Parameters:
    ///   - limit: bytes that were asked for: no more are taken.
    ///   - accepts: judges the answer's head before the first byte is kept.
    init(limit: Int, accepts: @escaping (HTTPHead) throws(StoreError) -> Void) {
        self.limit = limit
        self.accepts = accepts
    }

    func begin(_ head: HTTPHead) -> Bool {
        hasBegun = true
        do throws(StoreError) {
            try accepts(head)
            bytes.reserveCapacity(limit)
            return true
        } catch {
            failure = error
            return false
        }
    }

    func write(_ piece: Span<UInt8>) -> Bool {
        guard bytes.count + piece.count <= limit else {
            failure = .corrupt("more bytes arrive than were announced")
            return false
        }
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        return true
    }

    /// What has come stays: who asked continues from there.
    var canRestart: Bool { !hasBegun }

    func restart() {}

    var received: Int { bytes.count }
}
