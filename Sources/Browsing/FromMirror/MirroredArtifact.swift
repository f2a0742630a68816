import ObjectStore

/// An artifact in a mirror, of which the parts that are needed are fetched. Parts that are expected one after the other
/// are fetched at once.
final class MirroredArtifact: ArtifactBytes {
    /// Bytes that are fetched and kept at once, at most.
    private static let longestFetch = 16 << 20
    /// Bytes between two parts that are fetched with them: less than another request would take.
    private static let smallGap = 128 << 10
    /// An artifact up to that size is fetched whole.
    private static let smallArtifact = 256 << 10

    private let store: any ObjectStore
    private let key: ObjectKey
    private let bytes: Int
    private var known: ObjectInfo?
    private var expected: [Range<Int>] = []
    private var held: (start: Int, bytes: [UInt8]) = (0, [])

    /// - Parameter bytes: that it must have.
    init(_ store: any ObjectStore, _ key: ObjectKey, bytes: Int) {
        self.store = store
        self.key = key
        self.bytes = bytes
    }

    func length() -> Int { bytes }

    func expect(_ ranges: [Range<Int>]) { expected = ranges }

    func read(_ range: Range<Int>) throws -> [UInt8] {
        if let found = found(range) { return found }
        let wanted = bytes <= Self.smallArtifact ? 0..<bytes : run(from: range)
        let (fetched, info) = try store.read(key, part: Int64(wanted.lowerBound)..<Int64(wanted.upperBound), of: known)
        guard info.size == bytes else { throw MirroredLengthError(key: key, bytes: Int(info.size), registered: bytes) }
        known = info
        held = (wanted.lowerBound, fetched)
        return found(range) ?? []
    }

    func forget() { held = (0, []) }

    private func found(_ range: Range<Int>) -> [UInt8]? {
        let end = held.start + held.bytes.count
        guard range.lowerBound >= held.start, range.upperBound <= end else { return nil }
        return Array(held.bytes[(range.lowerBound - held.start)..<(range.upperBound - held.start)])
    }

    /// The range and those that are expected right after it.
    private func run(from range: Range<Int>) -> Range<Int> {
        guard let first = expected.firstIndex(of: range) else { return range }
        var end = range.upperBound
        for next in expected[(first + 1)...] {
            guard next.lowerBound <= end + Self.smallGap, next.upperBound - range.lowerBound <= Self.longestFetch else {
                break
            }
            end = max(end, next.upperBound)
        }
        return range.lowerBound..<end
    }
}

/// An object of another length than its artifact was registered with.
struct MirroredLengthError: Error, CustomStringConvertible {
    let key: ObjectKey
    let bytes: Int
    let registered: Int

    var description: String { "object \(key) has \(bytes) bytes, and \(registered) were registered" }
}
