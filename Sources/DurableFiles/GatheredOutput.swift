internal import SystemPackage

/// Gathers what goes into a file, and writes it in blocks. A failure is kept until somebody asks.
package struct GatheredOutput: Sendable {
    private let file: FileDescriptor
    private let path: FilePath
    private let blockSize: Int
    private var waiting: [UInt8] = []
    private var written = 0
    package private(set) var failure: FileFailure?

    /// - Parameters:
    ///   - file: open for writing as long as this is used.
    ///   - blockSize: bytes that are gathered.
    package init(into file: borrowing OpenFile, blockSize: Int) {
        (self.file, path) = (file.descriptor, file.path)
        self.blockSize = blockSize
    }

    /// Bytes so far.
    package var count: Int { written + waiting.count }

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if failure != nil { return }
        waiting.append(contentsOf: bytes)
        if waiting.count < blockSize { return }
        do throws(FileFailure) { try flush() } catch { failure = error }
    }

    /// All is with the system then; it is not on the disk yet.
    package mutating func flush() throws(FileFailure) {
        if let failure { throw failure }
        _ = try attempt("write", path) { try file.writeAll(waiting) }
        written += waiting.count
        waiting.removeAll(keepingCapacity: true)
    }

    /// Counts bytes that came into the file another way, after what was flushed.
    package mutating func countAppended(_ bytes: Int) { written += bytes }

    /// The file is empty again.
    package mutating func restart() {
        waiting.removeAll(keepingCapacity: true)
        (written, failure) = (0, nil)
    }
}
