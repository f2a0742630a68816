/// What the commands of a send stream do to a tree, and where in the stream the bytes lie that they write.
///
/// As text it is a section of the catalogue: a line for its `Header`, a line an `Entry`, the last one `end`. Owners,
/// modes, times and attributes are left out: the listing has them as they are in the end.
///
///     devjournal/map/v1	1	3f2c…	-
///     dir	src
///     file	src/a
///     data	0	49152	311	43	49218
///     data	2113536	17	2116730
///     end	2116862
package enum StreamMap {
    /// What begins the first line.
    static let format = "devjournal/map/v1"

    /// Bytes of the stream at most: more than any disk holds.
    package static let longestStream = 1 << 60
    /// Bytes that one command writes at most. The kernel's buffer holds 192 KiB; this leaves it room to grow.
    package static let longestWrite = 1 << 30

    /// Which snapshot the stream carries.
    package struct Header: Sendable, Equatable {
        /// Of the send stream: 1 or 2.
        package let streamVersion: Int
        /// As the stream's first command has it, in lower-case hexadecimal as 8-4-4-4-12 digits.
        package let uuid: String
        /// Nil for a full stream.
        package let parent: String?

        /// Nil unless the version is known and both are UUIDs.
        package init?(streamVersion: Int, uuid: String, parent: String?) {
            guard streamVersion == 1 || streamVersion == 2, Self.isUUID(uuid), parent.map(Self.isUUID) ?? true else {
                return nil
            }
            self.streamVersion = streamVersion
            self.uuid = uuid
            self.parent = parent
        }

        private static func isUUID(_ text: String) -> Bool {
            let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            return groups.map(\.count) == [8, 4, 4, 4, 12]
                && groups.joined().allSatisfy {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                }
        }
    }

    package enum Line: Sendable, Equatable {
        /// The first one.
        case header(Header)
        case entry(Entry)
    }

    /// What a command makes.
    package enum Object: Sendable, Equatable {
        case file
        case directory
        case symbolicLink(target: [UInt8])
        /// A character or block device.
        case node
        case fifo
        case socket
    }

    /// A command, or several that are folded into one. Paths are those of the moment: see `SnapshotPath`.
    ///
    /// Contents go to the *open* file, which is the one made last, or the one that `open` names; `rename`, `hardLink`,
    /// `unlink`, `removeDirectory` and the making of anything else close it.
    package enum Entry: Sendable, Equatable {
        case make(Object, at: [UInt8])
        case rename([UInt8], to: [UInt8])
        case hardLink([UInt8], of: [UInt8])
        case unlink([UInt8])
        case removeDirectory([UInt8])
        case open([UInt8])
        /// The open file's size from then on.
        case truncate(size: Int)
        /// Bytes that are zero from then on; the file does not grow.
        case punch(offset: Int, length: Int)
        /// Zeros that are written; the file can grow.
        case zeros(offset: Int, length: Int)
        case data(DataRun)
        case encoded(EncodedExtent)
        case clone(CloneRange)
        /// The last one: the stream's length in bytes.
        case end(streamBytes: Int)
    }

    /// Writes of one length, one after the other in the file and `stride` apart in the stream.
    package struct DataRun: Sendable, Equatable {
        /// In the file.
        package let offset: Int
        /// Bytes of each write.
        package let length: Int
        /// Where in the stream the bytes of the first one begin.
        package let at: Int
        package let count: Int
        /// From one write's bytes to the next one's; `length` where there is one only.
        package let stride: Int

        package init(offset: Int, length: Int, at: Int, count: Int = 1, stride: Int? = nil) {
            self.offset = offset
            self.length = length
            self.at = at
            self.count = count
            self.stride = stride ?? length
        }
    }

    /// How the bytes of an encoded write are to be undone.
    package enum Compression: String, Sendable, CaseIterable {
        case zlib
        case zstd
        /// LZO in sectors of so many KiB.
        case lzo4, lzo8, lzo16, lzo32, lzo64
    }

    /// An extent that the stream carries as the disk had it: undone it is `wholeLength` bytes, zeros where it comes out
    /// shorter, of which `length` from `skip` on are the file's.
    package struct EncodedExtent: Sendable, Equatable {
        /// In the file.
        package let offset: Int
        package let length: Int
        /// Where in the stream its bytes begin, and how many there are.
        package let at: Int
        package let storedLength: Int
        package let compression: Compression
        package let wholeLength: Int
        package let skip: Int

        package init(
            offset: Int, length: Int, at: Int, storedLength: Int, compression: Compression, wholeLength: Int, skip: Int
        ) {
            self.offset = offset
            self.length = length
            self.at = at
            self.storedLength = storedLength
            self.compression = compression
            self.wholeLength = wholeLength
            self.skip = skip
        }
    }

    /// Content of another file, or of another part of the same.
    package struct CloneRange: Sendable, Equatable {
        package enum Tree: String, Sendable {
            /// The path and the content are those of the moment.
            case own
            /// The path and the content are those of the parent's finished tree.
            case parent
        }

        /// In the file.
        package let offset: Int
        package let length: Int
        package let tree: Tree
        package let source: [UInt8]
        package let sourceOffset: Int

        package init(offset: Int, length: Int, tree: Tree, source: [UInt8], sourceOffset: Int) {
            self.offset = offset
            self.length = length
            self.tree = tree
            self.source = source
            self.sourceOffset = sourceOffset
        }
    }
}

extension StreamMap.Entry {
    /// Whether a stream can say this: sound paths, nothing past the end of what numbers and streams hold.
    package var isPossible: Bool {
        switch self {
        case .make(.symbolicLink(let target), let path):
            SnapshotPath.isSound(path) && !target.isEmpty && !target.contains(0) && target.count <= SnapshotPath.longest
        case .make(_, let path), .unlink(let path), .removeDirectory(let path), .open(let path):
            SnapshotPath.isSound(path)
        case .rename(let path, let other), .hardLink(let path, let other):
            SnapshotPath.isSound(path) && SnapshotPath.isSound(other)
        case .truncate(let size): size >= 0
        case .punch(let offset, let length), .zeros(let offset, let length): Self.isRange(offset, length)
        case .data(let run): run.isPossible
        case .encoded(let extent): extent.isPossible
        case .clone(let range):
            Self.isRange(range.offset, range.length) && Self.isRange(range.sourceOffset, range.length)
                && SnapshotPath.isSound(range.source)
        case .end(let bytes): bytes >= 0 && bytes <= StreamMap.longestStream
        }
    }

    static func isRange(_ offset: Int, _ length: Int, within limit: Int = .max) -> Bool {
        guard offset >= 0, length > 0 else { return false }
        let (end, isTooLarge) = offset.addingReportingOverflow(length)
        return !isTooLarge && end <= limit
    }
}

extension StreamMap.DataRun {
    package var isPossible: Bool {
        guard count >= 1, length >= 1, length <= StreamMap.longestWrite, at >= 0, offset >= 0, stride >= length,
            stride <= 2 * StreamMap.longestWrite, count == 1 ? stride == length : stride > length
        else { return false }
        let (steps, isLong) = (count - 1).multipliedReportingOverflow(by: stride)
        let (first, isLonger) = at.addingReportingOverflow(steps)
        let (bytes, isLarge) = count.multipliedReportingOverflow(by: length)
        guard !isLong, !isLonger, !isLarge else { return false }
        return StreamMap.Entry.isRange(first, length, within: StreamMap.longestStream)
            && StreamMap.Entry.isRange(offset, bytes)
    }

    /// Bytes of the file that it writes.
    package var bytes: Int { count * length }
    /// Where in the stream the bytes of the last one end.
    package var streamEnd: Int { at + (count - 1) * stride + length }
}

extension StreamMap.EncodedExtent {
    package var isPossible: Bool {
        StreamMap.Entry.isRange(offset, length)
            && StreamMap.Entry.isRange(at, storedLength, within: StreamMap.longestStream)
            && storedLength <= StreamMap.longestWrite && wholeLength <= StreamMap.longestWrite
            && StreamMap.Entry.isRange(skip, length, within: wholeLength)
    }
}
