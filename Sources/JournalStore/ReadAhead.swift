internal import CLinux
internal import Dispatch
internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

/// Reads a journal's segments one ahead of the verifier, and lets other cores take their lines apart and hash them.
///
/// What depends on the lines before stays with the one thread that judges. It takes pieces that nobody has begun, so no
/// core waits for another's start. A journal of few segments, or a machine of one core, has no threads.
struct ReadAhead: ~Copyable {
    /// Segments from which on another thread is worth its start.
    private static let fewestSegments = 3

    private let directory: FilePath
    private let names: [String]
    private let growsTree: Bool
    private let isParallel: Bool
    private var next = 0
    private var ahead: [Result<SegmentPieces, FileFailure>] = []

    init(_ directory: FilePath, _ names: [String], growsTree: Bool, cores: Int) {
        self.directory = directory
        self.names = names
        self.growsTree = growsTree
        isParallel = cores > 1 && names.count >= Self.fewestSegments
        if isParallel { clinux_share_one_heap() }
    }

    /// The next segment, whole.
    mutating func segment() throws(JournalError) -> SegmentPieces {
        while ahead.count < (isParallel ? 2 : 1), next < names.count {
            // What cannot be read is reported when its turn has come: something before it may be wrong, too.
            ahead.append(Result { () throws(FileFailure) in try read(names[next]) })
            next += 1
        }
        do { return try ahead.removeFirst().get() } catch { throw .file(error) }
    }

    private func read(_ name: String) throws(FileFailure) -> SegmentPieces {
        let bytes = try readFile(directory.appending(name), limit: JournalDirectory.segmentSizeLimit)
        let segment = SegmentPieces(bytes, growsTree: growsTree, isParallel: isParallel)
        if isParallel { DispatchQueue.global().async { segment.readAll() } }
        return segment
    }
}

/// A segment's bytes, and its lines as they are taken apart, in pieces that several threads share.
final class SegmentPieces: Sendable {
    private static let bytesAtOnce = 1 << 16

    let bytes: [UInt8]
    /// Each ends after an LF, but for the last.
    private let ranges: [Range<Int>]
    private let lines: SharedPieces<[ReadLine]>

    init(_ bytes: [UInt8], growsTree: Bool, isParallel: Bool) {
        self.bytes = bytes
        var ranges: [Range<Int>] = []
        var start = 0
        while isParallel, start < bytes.count {
            let end = bytes.span.lineEnd(from: min(start + Self.bytesAtOnce, bytes.count)) ?? bytes.count
            ranges.append(start..<end)
            start = end
        }
        self.ranges = ranges
        lines = SharedPieces(count: ranges.count) { [ranges] index in
            ReadLine.read(bytes.span.extracting(ranges[index]), growsTree: growsTree)
        }
    }

    /// Another thread's work: from the end on, because the judge begins at the start.
    func readAll() { lines.runAhead(ranges.indices.reversed()) }

    /// The lines of the piece that begins here; nil where none does.
    fileprivate func lines(of index: Int, at start: Int) -> [ReadLine]? {
        guard index < ranges.count, ranges[index].lowerBound == start else { return nil }
        return lines.take(index)
    }
}

/// The lines of a segment in order, as far as they were taken apart.
struct ReadLines {
    private let segment: SegmentPieces
    private var piece = 0
    private var lines: [ReadLine] = []
    private var next = 0

    init(_ segment: SegmentPieces) {
        self.segment = segment
    }

    /// The line that begins here; nil where the verifier has to read it itself.
    mutating func line(at start: Int) -> ReadLine? {
        if next == lines.count {
            guard let lines = segment.lines(of: piece, at: start), !lines.isEmpty else { return nil }
            self.lines = lines
            piece += 1
            next = 0
        }
        next += 1
        return lines[next - 1]
    }
}
