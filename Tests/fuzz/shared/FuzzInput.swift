/// What every target shares: the input as an array, and how a broken property is reported.

/// Copies what libFuzzer lends for the time of one call.
func fuzzInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// Stops the run; libFuzzer then keeps the input as a crash.
func require(_ isTrue: Bool, _ property: StaticString) {
    if !isTrue { fatalError("broken property: \(property)") }
}

/// Cuts `bytes` into pieces whose sizes `pattern` gives, over and over (0 means 256), and hands them on in order.
func inPieces<Failure: Error>(
    _ bytes: [UInt8], _ pattern: [UInt8], _ body: (Span<UInt8>) throws(Failure) -> Void
) throws(Failure) {
    var start = 0
    var turn = 0
    while start < bytes.count {
        let asked = pattern.isEmpty ? bytes.count : Int(pattern[turn % pattern.count] &- 1) + 1
        let end = start + min(asked, bytes.count - start)
        try body(bytes.span.extracting(start..<end))
        start = end
        turn += 1
    }
}
