internal import Digest

/// The UUID of a Btrfs subvolume: 16 bytes, written in lower-case hexadecimal as 8-4-4-4-12 digits.
package struct SubvolumeUUID: Hashable, Sendable, CustomStringConvertible {
    static let size = 16

    /// 16 bytes.
    package let bytes: [UInt8]

    /// Nil unless there are 16 bytes, not all of them zero: Btrfs uses zeros for "none".
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size, bytes.contains(where: { $0 != 0 }) else { return nil }
        self.bytes = bytes
    }

    /// From the written form, which is the only one taken.
    package init?(_ text: String) {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard groups.map(\.count) == [8, 4, 4, 4, 12] else { return nil }
        guard let bytes = decodeHexadecimal(text.filter { $0 != "-" }) else { return nil }
        self.init(bytes)
    }

    package var description: String {
        let digits = Substring(hexadecimal(bytes))
        var rest = digits
        var groups: [Substring] = []
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return groups.joined(separator: "-")
    }
}
