/// Bytes in memory as a request's body.
package final class BytesBody: HTTPBodySource {
    private let bytes: [UInt8]
    private var done = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package var length: Int64 { Int64(bytes.count) }

    @safe package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = min(buffer.count, bytes.count - done)
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
        }
        done += count
        return count
    }

    package func rewind() { done = 0 }
}
