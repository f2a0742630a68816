import CCRC32C

/// A send stream made by hand, command by command.
package struct HandMadeStream {
    package static let uuid = Array<UInt8>(1...16)
    package static let parent = Array<UInt8>(101...116)

    package private(set) var bytes: [UInt8]
    package let version: UInt32

    /// The header alone.
    package init(version: UInt32 = 1) {
        self.version = version
        bytes = Array("btrfs-stream".utf8) + [0] + Self.little(version, 4)
    }

    /// A whole small stream: SUBVOL or SNAPSHOT, some writes, END.
    package static func whole(
        version: UInt32 = 1, name: String = "dev@2026-01", uuid: [UInt8] = uuid, parent: [UInt8]? = nil,
        writes: Int = 3,
        size: Int = 5000
    ) -> HandMadeStream {
        var stream = HandMadeStream(version: version)
        stream.begin(name: name, uuid: uuid, parent: parent)
        for number in 0..<writes { stream.write(mixedBytes(size, seed: UInt64(number))) }
        stream.end()
        return stream
    }

    package mutating func begin(name: String = "dev@2026-01", uuid: [UInt8] = uuid, parent: [UInt8]? = nil) {
        var attributes = Self.attribute(15, Array(name.utf8))
        attributes += Self.attribute(1, uuid) + Self.attribute(2, Self.little(UInt64(42), 8))
        if let parent { attributes += Self.attribute(20, parent) + Self.attribute(21, Self.little(UInt64(41), 8)) }
        command(parent == nil ? 1 : 2, attributes)
    }

    package mutating func write(_ data: [UInt8], to path: String = "file") {
        let place = Self.attribute(15, Array(path.utf8)) + Self.attribute(18, Self.little(UInt64(0), 8))
        // Version 2: data without a length, to the end of its command.
        let content = version == 1 ? Self.attribute(19, data) : Self.little(UInt16(19), 2) + data
        command(15, place + content)
    }

    package mutating func clone(from source: [UInt8]) {
        let place = Self.attribute(18, Self.little(UInt64(0), 8)) + Self.attribute(24, Self.little(UInt64(4096), 8))
        let from = Self.attribute(20, source) + Self.attribute(21, Self.little(UInt64(41), 8))
        let path = Self.attribute(22, Array("file".utf8)) + Self.attribute(23, Self.little(UInt64(0), 8))
        command(16, Self.attribute(15, Array("copy".utf8)) + place + from + path)
    }

    package mutating func rename(_ path: String, to other: String) {
        command(9, Self.attribute(15, Array(path.utf8)) + Self.attribute(16, Array(other.utf8)))
    }

    package mutating func end() { command(21, []) }

    /// `length` and `checksum` are the right ones unless given.
    package mutating func command(_ kind: UInt16, _ attributes: [UInt8], length: UInt32? = nil, checksum: UInt32? = nil)
    {
        let head = Self.little(length ?? UInt32(attributes.count), 4) + Self.little(kind, 2)
        let state = Self.checksum(head + [0, 0, 0, 0] + attributes)
        bytes += head + Self.little(checksum ?? state, 4) + attributes
    }

    package static func attribute(_ kind: UInt16, _ value: [UInt8]) -> [UInt8] {
        little(kind, 2) + little(UInt16(value.count), 2) + value
    }

    package static func checksum(_ bytes: [UInt8]) -> UInt32 { ccrc32c_update_portable(0, bytes, bytes.count) }

    package static func little(_ number: some FixedWidthInteger, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}

/// Words in an order that a seed decides: compressible, but not to nothing.
package func mixedBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let word = state >> 40 & 0xff < 64 ? state >> 33 : state >> 58
        withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
    }
    return Array(bytes.prefix(count))
}
