internal import Glibc

extension [UInt8] {
    /// A copy of borrowed bytes.
    package init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    }

    /// Adds a copy of borrowed bytes.
    package mutating func append(copying bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

extension String {
    /// Borrowed bytes that were found to be UTF-8.
    package init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// Swift's `==` also takes two spellings of one character (U+00E9, and e with U+0301) for the same; the format
    /// compares bytes.
    func hasSameBytes(as other: String) -> Bool {
        self == other && utf8.elementsEqual(other.utf8)
    }
}

extension Span<UInt8> {
    package func hasSameBytes(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in 0..<count where self[index] != other[index] { return false }
        return true
    }

    /// As `hasSameBytes`, by `memcmp(3)`: for what is longer than a few bytes.
    func isSameMemory(as other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withUnsafeBytes { left in
            unsafe other.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return unsafe memcmp(left, right, count) == 0
            }
        }
    }

    /// Where the line that starts here ends, after its LF; nil where no LF follows.
    package func lineEnd(from start: Int) -> Int? {
        unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            guard let found = unsafe memchr(base + start, 10, buffer.count - start) else { return nil }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
        }
    }

    /// Where the first NUL is.
    package var firstNUL: Int? {
        unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress, let found = unsafe memchr(base, 0, buffer.count) else { return nil }
            return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
        }
    }

    package func hasSameBytes(as text: String) -> Bool {
        var text = text
        return text.withUTF8 { unsafe hasSameBytes(as: $0.span) }
    }

    package var isUTF8: Bool {
        (try? UTF8Span(validating: self)) != nil
    }
}
