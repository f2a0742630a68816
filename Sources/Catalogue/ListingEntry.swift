package import Digest

/// An object of a tree, as a line of the canonical listing has it (journal-format.md, "The tree hash").
package struct ListingEntry: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case file
        case directory = "dir"
        case symbolicLink = "link"
        case fifo, socket
        case characterDevice = "char"
        case blockDevice = "block"
    }

    package struct Device: Sendable, Equatable {
        package let major: UInt32
        package let minor: UInt32
    }

    package struct Attribute: Sendable, Equatable {
        /// Escaped in keys, too.
        package static let separators = [UInt8(ascii: ","), UInt8(ascii: "=")]

        package let key: [UInt8]
        package let value: [UInt8]

        package init(key: [UInt8], value: [UInt8]) {
            self.key = key
            self.value = value
        }
    }

    /// Below the top, as send streams have it; the top's is empty.
    package let path: [UInt8]
    package let kind: Kind
    /// Permissions and the three bits above them.
    package let mode: UInt16
    package let owner: UInt32
    package let group: UInt32
    /// Names that it has; nil for a directory.
    package let links: Int?
    /// Bytes; nil for a directory.
    package let size: Int?
    /// Nanoseconds since 1970; nil for the top.
    package let modified: Int128?
    package let device: Device?
    /// Of a symbolic link.
    package let target: [UInt8]?
    /// Of what has several names and is not a directory: the one that comes first in the listing, its own maybe.
    package let same: [UInt8]?
    package let attributes: [Attribute]
    /// Of a regular file's content.
    package let sha256: SHA256Digest?
}

extension ListingEntry {
    private static let fieldCount = 12

    /// From a line without its line feed; nil for what no line is.
    package init?(parsing line: Span<UInt8>) {
        var fields: [Range<Int>] = []
        fields.reserveCapacity(Self.fieldCount)
        var start = 0
        for place in line.indices where line[place] == UInt8(ascii: "\t") {
            if fields.count == Self.fieldCount { return nil }
            fields.append(start..<place)
            start = place + 1
        }
        fields.append(start..<line.count)
        guard fields.count == Self.fieldCount, let path = Self.path(line, fields[0]),
            let kind = Kind(rawValue: Self.text(line, fields[1])), let mode = Self.mode(line, fields[2]),
            let (owner, group) = Self.pair(line, fields[3])
        else { return nil }
        let isDirectory = kind == .directory
        let isDevice = kind == .characterDevice || kind == .blockDevice
        self.path = path
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.group = group
        links = DecimalText.number(line, fields[4])
        size = DecimalText.number(line, fields[5])
        modified = Self.time(line, fields[6])
        device = Self.pair(line, fields[7]).map { Device(major: $0, minor: $1) }
        let isLink = kind == .symbolicLink
        target = isLink ? EscapedText.bytes(line, fields[8]) : nil
        same = Self.isNone(line, fields[9]) ? nil : Self.path(line, fields[9])
        guard let attributes = Self.attributes(line, fields[10]) else { return nil }
        self.attributes = attributes
        sha256 = SHA256Digest(hex: Self.text(line, fields[11]))
        // A field does not apply, or is there.
        let isThere = [
            (4, links != nil, !isDirectory), (5, size != nil, !isDirectory), (6, modified != nil, !path.isEmpty),
            (7, device != nil, isDevice), (8, target?.isEmpty == false, isLink), (11, sha256 != nil, kind == .file),
        ]
        for (field, isSound, applies) in isThere where applies ? !isSound : !Self.isNone(line, fields[field]) {
            return nil
        }
        if same == nil && !Self.isNone(line, fields[9]) || same != nil && isDirectory { return nil }
    }

    private static func isNone(_ line: Span<UInt8>, _ field: Range<Int>) -> Bool {
        field.count == 1 && line[field.lowerBound] == UInt8(ascii: "-")
    }

    private static func text(_ line: Span<UInt8>, _ field: Range<Int>) -> String {
        String(decoding: field.map { line[$0] }, as: UTF8.self)
    }

    /// `.` or `./a/b`.
    static func path(_ line: Span<UInt8>, _ field: Range<Int>) -> [UInt8]? {
        guard !field.isEmpty, line[field.lowerBound] == UInt8(ascii: ".") else { return nil }
        if field.count == 1 { return [] }
        guard line[field.lowerBound + 1] == UInt8(ascii: "/"),
            let path = EscapedText.bytes(line, field.lowerBound + 2..<field.upperBound), SnapshotPath.isSound(path)
        else { return nil }
        return path
    }

    private static func mode(_ line: Span<UInt8>, _ field: Range<Int>) -> UInt16? {
        guard field.count == 4 else { return nil }
        var mode: UInt16 = 0
        for place in field {
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(line[place]) else { return nil }
            mode = mode << 3 | UInt16(line[place] - UInt8(ascii: "0"))
        }
        return mode
    }

    private static func pair(_ line: Span<UInt8>, _ field: Range<Int>) -> (UInt32, UInt32)? {
        guard let colon = field.first(where: { line[$0] == UInt8(ascii: ":") }),
            let first = DecimalText.number(line, field.lowerBound..<colon).flatMap(UInt32.init(exactly:)),
            let second = DecimalText.number(line, colon + 1..<field.upperBound).flatMap(UInt32.init(exactly:))
        else { return nil }
        return (first, second)
    }

    private static func time(_ line: Span<UInt8>, _ field: Range<Int>) -> Int128? {
        // 2^63 seconds have 28 digits.
        guard !field.isEmpty, field.count <= 30 else { return nil }
        let text = text(line, field)
        guard let time = Int128(text), "\(time)" == text else { return nil }
        return time
    }

    private static func attributes(_ line: Span<UInt8>, _ field: Range<Int>) -> [Attribute]? {
        if isNone(line, field) { return [] }
        var attributes: [Attribute] = []
        var start = field.lowerBound
        while start <= field.upperBound {
            let end = (start..<field.upperBound).first { line[$0] == UInt8(ascii: ",") } ?? field.upperBound
            guard let equals = (start..<end).first(where: { line[$0] == UInt8(ascii: "=") }),
                let key = EscapedText.bytes(line, start..<equals, also: Attribute.separators), !key.isEmpty,
                let value = decodeHexadecimal(text(line, equals + 1..<end))
            else { return nil }
            attributes.append(Attribute(key: key, value: value))
            start = end + 1
        }
        return attributes
    }
}
