/// How a file is cut for a multipart upload. R2's rules: 5 MiB to 5 GiB a part, 10,000 parts at most, all but the last
/// of one size, 4.995 TiB in all. Pure.
package struct PartPlan: Equatable, Sendable {
    package static let smallestPart: Int64 = 5 << 20
    package static let largestPart: Int64 = 4_995 << 20
    package static let mostParts: Int64 = 10_000
    package static let largestObject: Int64 = 4_995 << 30

    package let size: Int64
    /// Of every part but the last; a whole number of MiB.
    package let partSize: Int64

    /// The smallest parts from `wanted` bytes on that are few enough. `invalid` where an object cannot be so large.
    package init(size: Int64, wanted: Int64) throws(StoreError) {
        guard size <= Self.largestObject else {
            throw .invalid("a file of \(size) bytes is larger than any object can be (4.995 TiB)")
        }
        let needed = (size + Self.mostParts - 1) / Self.mostParts
        let bytes = min(max(wanted, needed, Self.smallestPart), Self.largestPart)
        self.size = size
        partSize = min(((bytes + (1 << 20) - 1) >> 20) << 20, Self.largestPart)
    }

    package var count: Int { size == 0 ? 1 : Int((size + partSize - 1) / partSize) }

    /// The bytes of a part, which are counted from 1 on.
    package func range(of part: Int) -> Range<Int64> {
        let start = Int64(part - 1) * partSize
        return start..<min(start + partSize, size)
    }
}
