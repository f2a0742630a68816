package import DurableFiles
internal import Synchronization
package import SystemPackage

/// Text that is too long for memory, between the pass that makes it and the catalogue that it goes into: a file without
/// a name, so that nothing is left of it whatever ends the program.
///
/// It may be filled on one thread and read on another later.
package final class SpooledText: Sendable {
    private struct State: ~Copyable {
        let file: OpenFile
        var output: GatheredOutput

        init(_ file: consuming OpenFile) {
            output = GatheredOutput(into: file, blockSize: SpooledText.blockSize)
            self.file = file
        }
    }

    private static let blockSize = 1 << 20

    private let state: Mutex<State>

    /// On the file system of that directory, for its owner alone.
    package init(in directory: FilePath) throws(FileFailure) {
        state = Mutex(State(try Self.file(in: directory)))
    }

    private static func file(in directory: FilePath) throws(FileFailure) -> OpenFile {
        do throws(FileFailure) {
            return try OpenFile(directory, .readWrite, options: .withoutName, permissions: .ownerReadWrite)
        } catch {
            // A file system without such files: a name that nobody knows, for a moment.
            guard error.errno == .notSupported || error.errno == .isDirectory else { throw error }
        }
        let path = directory.appending(".devjournal.\(String(UInt64.random(in: 0 ... .max), radix: 16))")
        let file = try OpenFile(
            path, .readWrite, options: [.create, .exclusiveCreate, .noFollow], permissions: .ownerReadWrite)
        try removeFile(path)
        return file
    }

    /// Bytes so far.
    package var count: Int { state.withLock { $0.output.count } }

    /// A failure is thrown by `read`.
    package func append(_ text: some Sequence<UInt8>) {
        state.withLock { $0.output.append(text) }
    }

    /// The same.
    package func append(_ text: Span<UInt8>) {
        unsafe text.withUnsafeBufferPointer { text in unsafe append(text) }
    }

    /// Appends what a pipe or a connection brings, and takes no more of it than `limit` bytes; ETIMEDOUT where too little
    /// arrives.
    ///
    /// - Returns: how many bytes came, up to that limit.
    package func append(
        from source: borrowing OpenFile, limit: Int, _ patience: Patience
    ) throws(FileFailure) -> Int {
        try state.withLock { state throws(FileFailure) in
            try state.output.flush()
            let count = try source.copy(to: state.file, limit: limit, patience)
            state.output.countAppended(count)
            return count
        }
    }

    /// A part of the text; shorter where the text ends before it.
    package func read(_ range: Range<Int>) throws(FileFailure) -> [UInt8] {
        try state.withLock { state throws(FileFailure) in
            try state.output.flush()
            return try state.file.read(range.count, at: Int64(range.lowerBound))
        }
    }

    /// Drops what was added so far.
    package func clear() throws(FileFailure) {
        try state.withLock { state throws(FileFailure) in
            try state.file.truncate(to: 0)
            try state.file.seek(to: 0)
            state.output.restart()
        }
    }

    /// A path that leads to the whole text as long as this object is there.
    package func path() throws(FileFailure) -> FilePath {
        try state.withLock { state throws(FileFailure) in
            try state.output.flush()
            return FilePath("/proc/self/fd/\(state.file.descriptor.rawValue)")
        }
    }

    /// Gives out the text in blocks, from its start.
    package func read(_ take: (Span<UInt8>) throws -> Void) throws {
        try state.withLock { state in
            try state.output.flush()
            try state.file.seek(to: 0)
            var buffer = [UInt8](repeating: 0, count: Self.blockSize)
            while case let count = try state.file.read(into: &buffer), count > 0 {
                try take(buffer.span.extracting(0..<count))
            }
        }
    }
}
