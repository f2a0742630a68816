internal import CCRC32C
internal import DurableFiles
internal import SystemPackage

/// Another snapshot with the parent's content that an increment is to be received on, by the UUID that it is known by.
///
/// `btrfs receive` looks for the parent, and for the sources of clones, by their received UUID on the whole file system
/// and takes the first one that has it: perhaps a copy that was edited, or one out of its reach, and never an original,
/// which has none. A UUID that nothing else has leads to one snapshot alone.
package struct ParentSubstitute: Sendable, Equatable {
    /// As the stream names it.
    package let parent: SubvolumeUUID
    package let substitute: SubvolumeUUID

    package init(of parent: SubvolumeUUID, by substitute: SubvolumeUUID) {
        self.parent = parent
        self.substitute = substitute
    }

    /// By a UUID that nothing has had before.
    package init(of parent: SubvolumeUUID) {
        // A random UUID (RFC 9562, version 4).
        var bytes = (0..<SubvolumeUUID.size).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        guard let uuid = SubvolumeUUID(bytes) else { preconditionFailure("a version is not zero") }
        self.init(of: parent, by: uuid)
    }
}

/// Names the substitute in a stream that flows by in blocks of any size: in its first command, and wherever content is
/// cloned from the parent. All else passes as it is. The stream must be sound as far as it comes here.
struct ParentRenaming: ~Copyable {
    private let names: ParentSubstitute
    private var headerLeft = SendStreamFormat.headerSize
    /// Bytes to pass before the next command.
    private var passing = 0
    /// A command's header that a block's end has cut, or a command that may name the parent.
    private var kept: [UInt8] = []

    init(_ names: ParentSubstitute) {
        self.names = names
    }

    /// - Parameter give: gets what goes out, piece by piece.
    mutating func pass(
        _ block: Span<UInt8>, _ give: (Span<UInt8>) throws(FileFailure) -> Void
    ) throws(FileFailure) {
        var (index, start) = (0, 0)
        while index < block.count {
            if headerLeft > 0 || passing > 0 {
                let count = min(max(headerLeft, passing), block.count - index)
                if headerLeft > 0 { headerLeft -= count } else { passing -= count }
                index += count
                continue
            }
            let size = SendStreamFormat.commandHeaderSize
            if kept.isEmpty, block.count - index >= size,
                !Self.mayName(block.littleEndian16(at: index + 4))
            {
                passing = size + Int(block.littleEndian32(at: index))
                continue
            }
            if start < index { try give(block.extracting(start..<index)) }
            keep(block, &index)
            start = index
            if isKeptComplete {
                rename()
                try give(kept.span)
                kept.removeAll(keepingCapacity: true)
            }
        }
        if start < index { try give(block.extracting(start..<index)) }
    }

    private static func mayName(_ kind: UInt16) -> Bool { kind == SendCommand.snapshot || kind == SendCommand.clone }

    /// Of a command that cannot name the parent the header alone.
    private var wanted: Int {
        let size = SendStreamFormat.commandHeaderSize
        guard kept.count >= size, Self.mayName(kept.span.littleEndian16(at: 4)) else { return size }
        return size + Int(kept.span.littleEndian32(at: 0))
    }

    private var isKeptComplete: Bool { kept.count >= SendStreamFormat.commandHeaderSize && kept.count == wanted }

    private mutating func keep(_ block: Span<UInt8>, _ index: inout Int) {
        while index < block.count, !isKeptComplete {
            kept.append(block[index])
            index += 1
        }
        // A header alone was cut: what comes after it passes.
        if isKeptComplete, !Self.mayName(kept.span.littleEndian16(at: 4)) {
            passing = Int(kept.span.littleEndian32(at: 0))
        }
    }

    private mutating func rename() {
        guard Self.mayName(kept.span.littleEndian16(at: 4)) else { return }
        var place = SendStreamFormat.commandHeaderSize
        var isRenamed = false
        while place + SendStreamFormat.attributeHeaderSize <= kept.count {
            let kind = kept.span.littleEndian16(at: place)
            let length = Int(kept.span.littleEndian16(at: place + 2))
            let value = place + SendStreamFormat.attributeHeaderSize
            guard value + length <= kept.count else { return }
            if kind == SendAttribute.cloneUUID, Array(kept[value..<value + length]) == names.parent.bytes {
                kept.replaceSubrange(value..<value + length, with: names.substitute.bytes)
                isRenamed = true
            }
            place = value + length
        }
        if isRenamed { writeChecksum() }
    }

    private mutating func writeChecksum() {
        let field = 6..<SendStreamFormat.commandHeaderSize
        kept.replaceSubrange(field, with: [0, 0, 0, 0])
        let checksum = unsafe kept.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return UInt32(0) }
            return unsafe ccrc32c_update(0, start, bytes.count)
        }
        for (number, place) in field.enumerated() {
            kept[place] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * number))
        }
    }
}

/// Where a stream is written to, its parent named by the substitute where there is one.
struct StreamOutput: ~Copyable {
    private let target: FileDescriptor
    private let path: FilePath
    private var renaming: ParentRenaming?

    init(_ target: FileDescriptor, _ path: FilePath, _ substitute: ParentSubstitute?) {
        self.target = target
        self.path = path
        if let substitute { renaming = ParentRenaming(substitute) } else { renaming = nil }
    }

    mutating func write(_ block: Span<UInt8>) throws(FileFailure) {
        guard renaming != nil else { return try writeAll(block, to: target, path) }
        let (target, path) = (target, path)
        try renaming?.pass(block) { piece throws(FileFailure) in try writeAll(piece, to: target, path) }
    }
}
