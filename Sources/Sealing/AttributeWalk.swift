/// Steps from attribute to attribute through a command that comes in pieces, and keeps none of them.
struct AttributeWalk {
    private var kind: UInt16 = 0
    private var length: UInt16 = 0
    /// Bytes of the attribute's header already seen, 0...3.
    private var headerBytes = 0
    /// Bytes of the attribute's value to come; `Int.max` for data that reaches to the end of the command.
    private var left = 0

    /// Whether the command may end here.
    var isAtBoundary: Bool { headerBytes == 0 && (left == 0 || left > Int.max / 2) }

    /// Steps over `part`; false where it holds an attribute that there is not. That an attribute is longer
    /// than its command shows in `isAtBoundary` at the command's end.
    mutating func passes(_ part: Span<UInt8>, version: UInt32) -> Bool {
        var index = 0
        while index < part.count {
            if left > 0 {
                let count = min(left, part.count - index)
                left -= count
                index += count
                continue
            }
            if headerBytes == 0 && part.count - index >= SendStreamFormat.attributeHeaderSize {
                kind = part.littleEndian16(at: index)
                length = part.littleEndian16(at: index + 2)
                if version > 1 && kind == SendAttribute.data {
                    index += 2
                    left = .max
                } else {
                    index += SendStreamFormat.attributeHeaderSize
                    left = Int(length)
                }
                if !SendAttribute.isKnown(kind, version: version) { return false }
                continue
            }
            if !passesHeaderByte(part[index], version: version) { return false }
            index += 1
        }
        return true
    }

    /// A header that a block's end cuts in two.
    private mutating func passesHeaderByte(_ byte: UInt8, version: UInt32) -> Bool {
        switch headerBytes {
        case 0: kind = UInt16(byte)
        case 1: kind |= UInt16(byte) << 8
        case 2: length = UInt16(byte)
        default: length |= UInt16(byte) << 8
        }
        headerBytes += 1
        if headerBytes == 2 && version > 1 && kind == SendAttribute.data {
            headerBytes = 0
            left = .max
        } else if headerBytes == SendStreamFormat.attributeHeaderSize {
            headerBytes = 0
            left = Int(length)
        }
        return headerBytes != 0 || SendAttribute.isKnown(kind, version: version)
    }
}
