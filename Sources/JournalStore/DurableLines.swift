internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

extension Journal {
    /// The lines from record `first` to the last one, for somebody who may take his time: they are read when the
    /// journal's lock is free again.
    package func durableLines(from first: Int) throws(JournalError) -> DurableLines {
        try makeDurable()
        return DurableLines(directory, from: first, through: size)
    }
}

/// Records of a journal that were durable when they were named, in pieces of whole lines.
///
/// Such lines never change, so no lock is held while they are read, and no more of them than one piece is in memory.
package struct DurableLines: ~Copyable {
    private static let blockSize = 1 << 18

    private let directory: JournalDirectory
    private let last: Int
    /// The record that is given out next.
    private var next: Int
    /// Bytes that may still be given out.
    private var room: Int
    private var segment: OpenFile?
    private var firstOfSegment = 0
    /// What was read and is not a whole line yet, and which record it begins.
    private var unread: [UInt8] = []
    private var position = 0

    /// - Parameter limit: stops before more bytes than that are given out.
    init(_ directory: JournalDirectory, from first: Int, through last: Int, limit: Int = DeliveryAnswer.maximumLines) {
        self.directory = directory
        self.last = last
        next = first
        room = limit
    }

    /// Some more lines, each with its LF; nil after the last one.
    package mutating func piece() throws(JournalError) -> [UInt8]? {
        while next <= last {
            try openSegment()
            try readBlock()
            let lines = takeLines()
            if !lines.isEmpty { return lines }
        }
        return nil
    }

    private mutating func openSegment() throws(JournalError) {
        let first = JournalDirectory.firstSeq(ofSegmentHolding: next)
        guard first != firstOfSegment else { return }
        let path = directory.segmentPath(firstSeq: first)
        segment = try orFile { () throws(FileFailure) in try OpenFile(regular: path, .readOnly) }
        (firstOfSegment, position, unread) = (first, first, [])
    }

    private mutating func readBlock() throws(JournalError) {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        let count: Int
        do { count = try segment?.read(into: &block) ?? 0 } catch { throw .file(error) }
        guard count > 0, unread.count <= RecordLayout.maximumLineLength else {
            throw .damaged(DamageError(record: position, .segment))
        }
        unread += block[..<count]
    }

    private mutating func takeLines() -> [UInt8] {
        var lines: [UInt8] = []
        var start = 0
        while next <= last, JournalDirectory.firstSeq(ofSegmentHolding: next) == firstOfSegment,
            let end = unread[start...].firstIndex(of: UInt8(ascii: "\n"))
        {
            let length = end + 1 - start
            if position == next {
                guard length <= room else {
                    next = last + 1
                    break
                }
                room -= length
                lines += unread[start...end]
                next += 1
            }
            position += 1
            start = end + 1
        }
        unread.removeFirst(start)
        return lines
    }
}
