internal import CLinux
internal import Glibc
internal import SystemPackage

/// The content of an open file from its start, piece by piece. Holes are found by lseek(2) and not read: that costs a
/// third, and fills the page cache with zeros.
struct FilePieces: ~Copyable {
    enum Piece {
        /// So many bytes, at the start of the buffer.
        case data(Int)
        /// So many zeros, no more than `zeros` has.
        case zeros(Int)

        var count: Int {
            switch self {
            case .data(let count), .zeros(let count): count
            }
        }
    }

    static let zeros = [UInt8](repeating: 0, count: 1 << 16)

    private let file: FileDescriptor
    /// How far it is read.
    private var position = 0
    /// The end of the data, or of the hole, that `position` is in.
    private var end = 0
    private var isInHole = false
    /// False from where it is read to its end: all of it where it has no hole or the file system does not tell.
    private var seeks: Bool

    init(_ file: FileDescriptor) {
        self.file = file
        var status = stat()
        // Less on the disk than it is long: it has holes, or is compressed, or its end lies with its inode.
        seeks = unsafe fstat(file.rawValue, &status) == 0 && Int(status.st_blocks) * 512 < Int(status.st_size)
    }

    /// Nil at the end of the file.
    mutating func next(_ buffer: inout [UInt8]) throws(Errno) -> Piece? {
        while seeks && position == end { lookAhead() }
        if isInHole && seeks {
            let count = min(end - position, Self.zeros.count)
            position += count
            return .zeros(count)
        }
        let wanted = seeks ? min(end - position, buffer.count) : buffer.count
        let count = try read(&buffer, wanted)
        position += count
        // A file that became shorter meanwhile.
        return count == 0 ? nil : .data(count)
    }

    /// Finds the end of the data or of the hole that begins at `position`.
    private mutating func lookAhead() {
        let data = lseek(file.rawValue, off_t(position), Int32(clinux_seek_data))
        if data > position {
            (isInHole, end) = (true, data)
            return
        }
        if data < 0 {
            let errno = clinux_errno()
            let size = lseek(file.rawValue, 0, SEEK_END)
            if errno == ENXIO, size > position {
                (isInHole, end) = (true, size)
                return
            }
            // Its end, or a file system that does not tell.
            seeks = false
            return
        }
        let hole = lseek(file.rawValue, off_t(position), Int32(clinux_seek_hole))
        if hole > position { (isInHole, end) = (false, hole) } else { seeks = false }
    }

    /// pread(2): lseek(2) moves the file's own position about.
    private func read(_ buffer: inout [UInt8], _ count: Int) throws(Errno) -> Int {
        do {
            return try unsafe buffer.withUnsafeMutableBytes { bytes in
                let part = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
                return try unsafe file.read(fromAbsoluteOffset: Int64(position), into: part)
            }
        } catch {
            throw error as? Errno ?? .ioError
        }
    }
}
