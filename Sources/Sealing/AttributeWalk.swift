/// Steps from attribute to attribute through a command that comes in pieces, and keeps none of them.
struct AttributeWalk {
    /// What is wrong with a command.
    enum Fault {
        case attribute, path
    }

    /// Whether the target of a link is the path of an object, and not the text of a symbolic link.
    private let linkIsPath: Bool
    private var path = StreamPathCheck()
    private var kind: UInt16 = 0
    private var length: UInt16 = 0
    /// Bytes of the attribute's header already seen, 0...3.
    private var headerBytes = 0
    /// Bytes of the attribute's value to come; `Int.max` for data that reaches to the end of the command.
    private var left = 0

    init(command: UInt16) { linkIsPath = command == SendCommand.link }

    /// Whether the command may end here.
    var isAtBoundary: Bool { headerBytes == 0 && (left == 0 || left > Int.max / 2) }

    /// Steps over `part`; returns what is wrong with it: an attribute that there is not, a path that leaves the snapshot.
    /// That an attribute is longer than its command shows in `isAtBoundary` at the command's end.
    mutating func fault(in part: Span<UInt8>, version: UInt32) -> Fault? {
        var index = 0
        while index < part.count {
            if left > 0 {
                let count = min(left, part.count - index)
                left -= count
                if isPath {
                    for place in index..<index + count where !path.passes(part[place]) { return .path }
                    if left == 0 && !path.isSound { return .path }
                }
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
                if !SendAttribute.isKnown(kind, version: version) { return .attribute }
                path = StreamPathCheck()
                continue
            }
            if !passesHeaderByte(part[index], version: version) { return .attribute }
            index += 1
        }
        return nil
    }

    private var isPath: Bool {
        switch kind {
        case SendAttribute.path, SendAttribute.pathTo, SendAttribute.clonePath: true
        case SendAttribute.pathLink: linkIsPath
        default: false
        }
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
            path = StreamPathCheck()
        }
        return headerBytes != 0 || SendAttribute.isKnown(kind, version: version)
    }
}
