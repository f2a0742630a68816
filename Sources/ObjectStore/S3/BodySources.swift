internal import Curl
internal import DurableFiles
internal import Glibc
internal import SystemPackage

/// A stretch of an open file.
struct FileSlice {
    let descriptor: FileDescriptor
    let offset: Int64
    let count: Int64
    let counter: TransferCounter
}

/// A stretch of a file as a request's body, read straight into libcurl's buffer.
final class FileSource: HTTPBodySource {
    private let slice: FileSlice
    private var done: Int64 = 0

    init(_ slice: FileSlice) {
        self.slice = slice
    }

    var length: Int64 { slice.count }

    @safe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let wanted = min(Int64(buffer.count), slice.count - done)
        if wanted == 0 { return 0 }
        let part = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(wanted)])
        // A file that became shorter ends the request: what was announced cannot be sent.
        guard let got = try? unsafe slice.descriptor.read(fromAbsoluteOffset: slice.offset + done, into: part), got > 0
        else { return nil }
        done += Int64(got)
        slice.counter.add(Int64(got))
        return got
    }

    func rewind() {
        slice.counter.add(-done)
        done = 0
    }
}
