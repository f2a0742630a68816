internal import CCRC32C
internal import DurableFiles
internal import SystemPackage

/// Changes of an increment that flows by in blocks of any size what `btrfs receive` would do wrong; all else passes as it is.
/// The stream must be sound as far as it comes here.
///
/// - The parent is named by its substitute: in the first command, and wherever content is cloned from the parent.
/// - A path begins with `./` where another file had it when it was last written to. `btrfs receive` keeps the file open that
///   it wrote to last, and knows it by its path alone, also when a rename has given that path to another file.
struct ReceivableStream: ~Copyable {
    private let names: ParentSubstitute
    private var headerLeft = SendStreamFormat.headerSize
    /// Bytes to pass before the next command.
    private var passing = 0
    /// A command's header that a block's end has cut, or a command that may have to be changed.
    private var kept: [UInt8] = []
    /// The path that was last written to, as it went out, and whether names have changed since.
    private var lastWritten: [UInt8] = []
    private var areNamesChanged = false

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
            if kept.isEmpty, block.count - index >= size, passesAsItIs(block.extracting(index...)) {
                passing = size + Int(block.littleEndian32(at: index))
                continue
            }
            if start < index { try give(block.extracting(start..<index)) }
            keep(block, &index)
            start = index
            if isKeptComplete {
                change()
                try give(kept.span)
                kept.removeAll(keepingCapacity: true)
            }
        }
        if start < index { try give(block.extracting(start..<index)) }
    }

    /// Whether a command need not be looked at as a whole.
    ///
    /// - Parameter command: its header, and as much of it as there is.
    private mutating func passesAsItIs(_ command: Span<UInt8>) -> Bool {
        let kind = command.littleEndian16(at: 4)
        noteNames(kind)
        guard Self.mayBeChanged(kind) else { return true }
        guard Self.isWrite(kind), kind != SendCommand.clone, let path = Self.value(SendAttribute.path, command) else {
            return false
        }
        let isTheLast = isLastWritten(command.extracting(path))
        if isTheLast, areNamesChanged { return false }
        if !isTheLast { lastWritten = path.map { command[$0] } }
        areNamesChanged = false
        return true
    }

    private mutating func noteNames(_ kind: UInt16) {
        switch kind {
        case SendCommand.rename, SendCommand.link, SendCommand.unlink, SendCommand.removeDirectory:
            areNamesChanged = true
        default: break
        }
    }

    private static func mayBeChanged(_ kind: UInt16) -> Bool { kind == SendCommand.snapshot || isWrite(kind) }

    /// Whether `btrfs receive` opens a file for the command, or keeps to the one that is open.
    private static func isWrite(_ kind: UInt16) -> Bool {
        switch kind {
        case SendCommand.write, SendCommand.clone, SendCommand.encodedWrite, SendCommand.allocate: true
        default: false
        }
    }

    private func isLastWritten(_ path: Span<UInt8>) -> Bool {
        path.count == lastWritten.count && path.indices.allSatisfy { path[$0] == lastWritten[$0] }
    }

    /// Where the value is of the next attribute of a kind; nil where that has not come, or there is none.
    ///
    /// - Parameter place: the attribute that is looked at first.
    private static func value(
        _ wanted: UInt16, _ command: Span<UInt8>, from place: Int = SendStreamFormat.commandHeaderSize
    ) -> Range<Int>? {
        var place = place
        while place + SendStreamFormat.attributeHeaderSize <= command.count {
            let kind = command.littleEndian16(at: place)
            // It has no length in every version, and nothing comes after it.
            if kind == SendAttribute.data { return nil }
            let value = place + SendStreamFormat.attributeHeaderSize
            let end = value + Int(command.littleEndian16(at: place + 2))
            if kind == wanted || end > command.count { return end <= command.count ? value..<end : nil }
            place = end
        }
        return nil
    }

    /// Of a command that is not changed the header alone.
    private var wanted: Int {
        let size = SendStreamFormat.commandHeaderSize
        guard kept.count >= size, Self.mayBeChanged(kept.span.littleEndian16(at: 4)) else { return size }
        return size + Int(kept.span.littleEndian32(at: 0))
    }

    private var isKeptComplete: Bool { kept.count >= SendStreamFormat.commandHeaderSize && kept.count == wanted }

    private mutating func keep(_ block: Span<UInt8>, _ index: inout Int) {
        while index < block.count, !isKeptComplete {
            let count = min(max(wanted - kept.count, 1), block.count - index)
            for place in index..<index + count { kept.append(block[place]) }
            index += count
        }
        // A header alone was cut: what comes after it passes.
        guard isKeptComplete, !Self.mayBeChanged(kept.span.littleEndian16(at: 4)) else { return }
        noteNames(kept.span.littleEndian16(at: 4))
        passing = Int(kept.span.littleEndian32(at: 0))
    }

    private mutating func change() {
        let kind = kept.span.littleEndian16(at: 4)
        guard Self.mayBeChanged(kind) else { return }
        var isChanged = kind == SendCommand.snapshot || kind == SendCommand.clone ? nameSubstitute() : false
        if Self.isWrite(kind), let path = Self.value(SendAttribute.path, kept.span) {
            if isLastWritten(kept.span.extracting(path)), areNamesChanged {
                nameDifferently(path)
                isChanged = true
            } else {
                lastWritten = Array(kept[path])
            }
            areNamesChanged = false
        }
        if isChanged { writeChecksum() }
    }

    private mutating func nameDifferently(_ path: Range<Int>) {
        let addition = Array("./".utf8)
        kept.insert(contentsOf: addition, at: path.lowerBound)
        set(path.count + addition.count, in: path.lowerBound - 2..<path.lowerBound)
        set(kept.count - SendStreamFormat.commandHeaderSize, in: 0..<4)
        lastWritten = Array(kept[path.lowerBound..<path.upperBound + addition.count])
    }

    /// - Returns: whether the command names the parent.
    private mutating func nameSubstitute() -> Bool {
        var place = SendStreamFormat.commandHeaderSize
        var isRenamed = false
        while let value = Self.value(SendAttribute.cloneUUID, kept.span, from: place) {
            if Array(kept[value]) == names.parent.bytes {
                kept.replaceSubrange(value, with: names.substitute.bytes)
                isRenamed = true
            }
            place = value.upperBound
        }
        return isRenamed
    }

    private mutating func writeChecksum() {
        let field = 6..<SendStreamFormat.commandHeaderSize
        set(0, in: field)
        let checksum = unsafe kept.withUnsafeBufferPointer { bytes in
            guard let start = bytes.baseAddress else { return UInt32(0) }
            return unsafe ccrc32c_update(0, start, bytes.count)
        }
        set(Int(checksum), in: field)
    }

    /// Writes a number, little-endian.
    private mutating func set(_ number: Int, in field: Range<Int>) {
        for (position, place) in field.enumerated() {
            kept[place] = UInt8(truncatingIfNeeded: number >> (8 * position))
        }
    }
}

/// Where a stream is written to, changed where it is received on a substitute for its parent.
struct StreamOutput: ~Copyable {
    private let target: FileDescriptor
    private let path: FilePath
    private var stream: ReceivableStream?

    init(_ target: FileDescriptor, _ path: FilePath, _ substitute: ParentSubstitute?) {
        self.target = target
        self.path = path
        if let substitute { stream = ReceivableStream(substitute) } else { stream = nil }
    }

    mutating func write(_ block: Span<UInt8>) throws(FileFailure) {
        guard stream != nil else { return try writeAll(block, to: target, path) }
        let (target, path) = (target, path)
        try stream?.pass(block) { piece throws(FileFailure) in try writeAll(piece, to: target, path) }
    }
}
