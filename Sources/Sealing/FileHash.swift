package import Digest
internal import DurableFiles
package import SystemPackage
internal import Threads

/// Length and SHA-256 of an open file from its beginning; afterwards it stands at its beginning again. `progress` gets
/// how many bytes were hashed, block by block; `seen` remembers what was.
///
/// Another thread reads; it has ended when this returns.
package func hash(
    _ descriptor: FileDescriptor, _ path: FilePath, remembering seen: HashedBlocks? = nil,
    isWanted: () -> Bool = { true }, progress: (UInt64) -> Void = { _ in }
) throws -> (bytes: UInt64, sha256: SHA256Digest) {
    let blocks = BlockChannel<FileFailure>(capacity: 2)
    var reader = OwnThreads()
    let isStarted = reader.start { readAll(descriptor, path, into: blocks, remembering: seen) }
    if !isStarted { throw FileFailure("read", path, .resourceTemporarilyUnavailable) }
    defer {
        blocks.abandon()
        reader.join()
    }
    var digest = SHA256()
    var bytes: UInt64 = 0
    while isWanted() {
        guard var block = try blocks.receive() else {
            try attempt("read", path) { _ = try descriptor.seek(offset: 0, from: .start) }
            return (bytes, digest.finish())
        }
        digest.update(block.bytes.span.extracting(0..<block.count))
        bytes += UInt64(block.count)
        blocks.giveBack(&block)
        progress(bytes)
    }
    throw CancellationError()
}

private func readAll(
    _ descriptor: FileDescriptor, _ path: FilePath, into blocks: BlockChannel<FileFailure>,
    remembering seen: HashedBlocks?
) {
    do {
        try attempt("read", path) { _ = try descriptor.seek(offset: 0, from: .start) }
        while true {
            var buffer = blocks.emptyBuffer(of: HashedBlocks.size)
            let count = try readFull(descriptor, path, &buffer)
            if count == 0 { return blocks.finish() }
            seen?.remember(buffer.span.extracting(0..<count))
            try blocks.send(Block(bytes: consume buffer, count: count))
        }
    } catch let failure as FileFailure {
        blocks.fail(failure)
    } catch {}  // nobody listens any more
}

/// Reads until `buffer` is full or the file ends.
///
/// - Returns: the bytes read.
func readFull(_ descriptor: FileDescriptor, _ path: FilePath, _ buffer: inout [UInt8]) throws(FileFailure) -> Int {
    var count = 0
    while count < buffer.count {
        let more = try readOnce(descriptor, path, &buffer, count..<buffer.count)
        if more == 0 { break }
        count += more
    }
    return count
}

/// What one `read(2)` gives, into a place in `buffer`.
func readOnce(
    _ descriptor: FileDescriptor, _ path: FilePath, _ buffer: inout [UInt8], _ place: Range<Int>
) throws(FileFailure) -> Int {
    try attempt("read", path) {
        try unsafe buffer.withUnsafeMutableBytes {
            try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[place]))
        }
    }
}
