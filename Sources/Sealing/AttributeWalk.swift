internal import Glibc

/// Steps from attribute to attribute through a command that comes in pieces, and keeps what the command is judged by:
/// paths and a few numbers, never data: of them only where they lie and, if somebody asks, whether they are all zeros.
///
/// `btrfs receive` looks for the attributes that a command needs and passes over the others, and takes the last of two of
/// one kind. So what could be judged by another attribute than it obeys is refused: two of a kind, and a path, a snapshot
/// or data in a command that has none.
struct AttributeWalk {
    /// What is wrong with a command.
    enum Fault {
        case attribute, path
    }

    private let command: UInt16
    private let version: UInt32
    private var pathCheck = StreamPathCheck()
    private var kind: UInt16 = 0
    private var length: UInt16 = 0
    /// Bytes of the attribute's header already seen, 0...3.
    private var headerBytes = 0
    /// Bytes of the attribute's value to come; `Int.max` for data that reaches to the end of the command.
    private var left = 0
    /// A bit for each kind of attribute that came.
    private var seen: UInt64 = 0
    private var path: [UInt8] = []
    private var otherPath: [UInt8] = []
    private var cloneUUID: [UInt8] = []
    /// Of the numbers that are looked at: kind and value.
    private var numbers: [(kind: UInt16, value: UInt64)] = []
    /// Bytes of the attributes in the parts before the one at hand.
    private var consumed = 0
    /// Where the data begin, how many bytes came, and whether all of those are zeros.
    private var dataStart: Int?
    private var dataLength = 0
    private var isZero: Bool

    /// - Parameter looksForZeros: whether it matters that all of the data are zeros.
    init(command: UInt16, version: UInt32, looksForZeros: Bool = false) {
        self.command = command
        self.version = version
        isZero = looksForZeros
    }

    /// Steps over `part`; returns what is wrong with it: an attribute that there is not, or that comes twice, a path that
    /// leaves the snapshot. That an attribute is longer than its command shows at the command's end.
    mutating func fault(in part: Span<UInt8>) -> Fault? {
        var index = 0
        while index < part.count {
            if left > 0 {
                let count = min(left, part.count - index)
                left -= count
                if !keeps(part.extracting(index..<index + count)) { return .path }
                index += count
                continue
            }
            if headerBytes == 0 && part.count - index >= SendStreamFormat.attributeHeaderSize {
                kind = part.littleEndian16(at: index)
                length = part.littleEndian16(at: index + 2)
                index += hasOpenEnd ? 2 : SendStreamFormat.attributeHeaderSize
                if let fault = begin(at: consumed + index) { return fault }
                continue
            }
            index += 1
            if let fault = headerByte(part[index - 1], at: consumed + index) { return fault }
        }
        consumed += part.count
        return nil
    }

    /// The command is over: what it says, or nil where it does not say all that it must, or its last attribute is cut.
    func finish() -> StreamCommand? {
        guard headerBytes == 0, left == 0 || left > Int.max / 2 else { return nil }
        guard SendCommand.required(command).allSatisfy({ seen & 1 << UInt64($0) != 0 }) else { return nil }
        return StreamCommand(
            kind: command, path: path, otherPath: otherPath, cloneUUID: SubvolumeUUID(cloneUUID), numbers: numbers,
            content: dataStart.map { StreamCommand.Content(start: $0, length: dataLength, isZero: isZero) })
    }

    /// Since version 2 the data have no length.
    private var hasOpenEnd: Bool { version > 1 && kind == SendAttribute.data }

    /// The header of an attribute is complete; its value begins at `place`.
    private mutating func begin(at place: Int) -> Fault? {
        guard SendAttribute.isKnown(kind, version: version), seen & 1 << UInt64(kind) == 0,
            SendCommand.mayHave(kind, command)
        else { return .attribute }
        seen |= 1 << UInt64(kind)
        left = hasOpenEnd ? .max : Int(length)
        pathCheck = StreamPathCheck()
        if kind == SendAttribute.data { dataStart = place }
        if isPath {
            if left > SendStreamFormat.longestPath { return .path }
            if kind == SendAttribute.path { path.reserveCapacity(left) } else { otherPath.reserveCapacity(left) }
        }
        if kind == SendAttribute.cloneUUID && left != SubvolumeUUID.size { return .attribute }
        if isNumber {
            guard left == 8 || (left == 4 && !isWideNumber) else { return .attribute }
            numbers.append((kind, 0))
        }
        return nil
    }

    /// A byte of a header that a block's end cuts in two, which comes before `place`.
    private mutating func headerByte(_ byte: UInt8, at place: Int) -> Fault? {
        switch headerBytes {
        case 0: kind = UInt16(byte)
        case 1: kind |= UInt16(byte) << 8
        case 2: length = UInt16(byte)
        default: length |= UInt16(byte) << 8
        }
        headerBytes += 1
        guard headerBytes == SendStreamFormat.attributeHeaderSize || (headerBytes == 2 && hasOpenEnd) else {
            return nil
        }
        headerBytes = 0
        return begin(at: place)
    }

    private var isPath: Bool {
        switch kind {
        case SendAttribute.path, SendAttribute.pathTo, SendAttribute.clonePath: true
        // Of a symbolic link it is a text.
        case SendAttribute.pathLink: command == SendCommand.link
        default: false
        }
    }

    private var isNumber: Bool {
        switch kind {
        case SendAttribute.allocationMode, SendAttribute.unencodedFileLength, SendAttribute.unencodedLength,
            SendAttribute.unencodedOffset, SendAttribute.compression, SendAttribute.encryption:
            true
        default: isWideNumber
        }
    }

    /// `btrfs receive` takes these in 64 bits only.
    private var isWideNumber: Bool {
        switch kind {
        case SendAttribute.fileOffset, SendAttribute.size, SendAttribute.cloneOffset, SendAttribute.cloneLength: true
        default: false
        }
    }

    /// A symbolic link's, which is a text and no path.
    private var isTarget: Bool { kind == SendAttribute.pathLink && command == SendCommand.symbolicLink }

    /// Keeps a part of an attribute's value where it matters; false where a path cannot be one that is sent.
    private mutating func keeps(_ part: Span<UInt8>) -> Bool {
        if isPath {
            for index in part.indices where !pathCheck.passes(part[index]) { return false }
            for index in part.indices {
                if kind == SendAttribute.path { path.append(part[index]) } else { otherPath.append(part[index]) }
            }
            return left > 0 || pathCheck.isSound
        }
        if kind == SendAttribute.data {
            dataLength += part.count
            if isZero { isZero = areZeros(part) }
        } else if isTarget {
            for index in part.indices { otherPath.append(part[index]) }
        } else if kind == SendAttribute.cloneUUID {
            for index in part.indices { cloneUUID.append(part[index]) }
        } else if isNumber, let last = numbers.indices.last {
            let before = Int(length) - left - part.count
            for index in part.indices { numbers[last].value |= UInt64(part[index]) << UInt64(8 * (before + index)) }
        }
        return true
    }
}

/// Compares the bytes with themselves, one further: as fast as memory is, and done at the first byte of most data.
private func areZeros(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count > 0 else { return true }
    guard bytes[0] == 0 else { return false }
    return unsafe bytes.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return true }
        return unsafe memcmp(start, start + 1, bytes.count - 1) == 0
    }
}
