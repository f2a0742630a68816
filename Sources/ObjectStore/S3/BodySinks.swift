internal import Curl
internal import DurableFiles
internal import SystemPackage

/// A sink of a request that may be sent more than once.
protocol S3Sink: HTTPBodySink {
    /// Whether the request may be sent again from its beginning.
    var canRestart: Bool { get }
    func restart()
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
}
