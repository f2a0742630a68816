import CSodium

/// libsodium made ready, once, before its first use.
///
/// `sodium_init(3)` picks the fastest code for this processor and opens the random source.
/// It answers 0 the first time and 1 afterwards; both are success.
enum Sodium {
    private static let isReady: Bool = sodium_init() >= 0

    /// Stops the program where libsodium cannot start: nothing here may run without it.
    static func start() {
        precondition(isReady, "libsodium could not be started")
    }
}

/// Bytes from the system's random source.
package func randomBytes(_ count: Int) -> [UInt8] {
    Sodium.start()
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withMutablePointer { start in unsafe randombytes_buf(start, count) }
    return bytes
}

// libsodium declares its pointers as never null, but an empty collection may have no address:
// these lend the address of a byte that nobody reads.

extension Span<UInt8> {
    @safe func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        unsafe withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { return unsafe body(start) }
            var none: UInt8 = 0
            return unsafe withUnsafePointer(to: &none) { unsafe body($0) }
        }
    }
}

extension [UInt8] {
    @safe func withPointer<Result>(_ body: (UnsafePointer<UInt8>) -> Result) -> Result {
        span.withPointer(body)
    }

    @safe mutating func withMutablePointer<Result>(_ body: (UnsafeMutablePointer<UInt8>) -> Result) -> Result {
        unsafe withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { return unsafe body(start) }
            var none: UInt8 = 0
            return unsafe withUnsafeMutablePointer(to: &none) { unsafe body($0) }
        }
    }
}
