import Sealing
import SystemPackage

/// What the inspector says to `bytes` that come in blocks of `size`.
func inspected(_ bytes: [UInt8], size: Int = .max) throws(SendStreamError) -> SendStreamSummary {
    var inspector = SendStreamInspector()
    var start = 0
    while start < bytes.count {
        let end = start + min(size, bytes.count - start)
        try inspector.update(bytes.span.extracting(start..<end))
        start = end
    }
    return try inspector.finish()
}

/// The same where the parent's snapshot is at hand.
func inspected(_ bytes: [UInt8], size: Int, parentTree: FilePath?) throws -> SendStreamSummary {
    var inspector = try StreamExpectation(parentTree: parentTree).inspector()
    for start in stride(from: 0, to: bytes.count, by: size) {
        try inspector.update(bytes.span.extracting(start..<min(start + size, bytes.count)))
    }
    return try inspector.finish()
}
