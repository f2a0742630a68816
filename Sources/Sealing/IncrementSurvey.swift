internal import CLinux
internal import DurableFiles
internal import Glibc
package import SystemPackage

/// How large an increment will be, without its contents being read: what `btrfs send --no-data -p PARENT SNAPSHOT` says.
///
/// A hole is sent as zeros where the parent has anything in it, and the whole of it: 64 MiB punched into the void of a
/// disk image of 20 GiB are 20 GiB of zeros. The kernel says the length of a hole in 32 bits only; so the snapshot itself
/// is asked.
package struct IncrementSurvey: Sendable, Equatable {
    /// Of files' contents, holes included.
    package private(set) var bytes: UInt64 = 0
    /// What of it are holes.
    package private(set) var holeBytes: UInt64 = 0

    /// - Parameter command: what writes that stream.
    package init(of command: [String], snapshot: FilePath) async throws {
        let child = ChildProcess(command: command)
        let tree = try OpenFile(snapshot, .readOnly, options: .directory)
        do {
            let (outcome, status) = try await child.produce { input in
                Result { try Self(reading: input, in: tree.descriptor) }
            }
            if !status.isSuccess { throw SealError.producerFailed(command: child.text, status) }
            self = try outcome.get()
        } catch let error as ChildNotStartedError {
            throw SealError.producerNotStarted(command: child.text, reason: error.reason)
        }
    }

    /// A stream of the kernel's own, as it is made: nothing is to be proven of it here.
    private init(reading input: FileDescriptor, in tree: FileDescriptor) throws {
        var buffer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 18)
        var (place, headerLeft) = (0, SendStreamFormat.headerSize)
        while true {
            let count = try attempt("read", "the stream without data") {
                try unsafe block.withUnsafeMutableBytes { try unsafe input.read(into: $0) }
            }
            if count == 0 { break }
            buffer += block[..<count]
            if headerLeft > 0 {
                guard buffer.count >= headerLeft else { continue }
                place = headerLeft
                headerLeft = 0
            }
            let size = SendStreamFormat.commandHeaderSize
            while buffer.count - place >= size {
                let end = place + size + Int(buffer.span.littleEndian32(at: place))
                guard end <= buffer.count else { break }
                if buffer.span.littleEndian16(at: place + 4) == SendCommand.updateExtent {
                    add(buffer.span.extracting(place + size..<end), in: tree)
                }
                place = end
            }
            buffer.removeFirst(place)
            place = 0
        }
    }

    /// The attributes of an UPDATE_EXTENT.
    private mutating func add(_ attributes: Span<UInt8>, in tree: FileDescriptor) {
        var path: [UInt8] = []
        var (offset, length): (UInt64, UInt64) = (0, 0)
        var place = 0
        while place + SendStreamFormat.attributeHeaderSize <= attributes.count {
            let kind = attributes.littleEndian16(at: place)
            let start = place + SendStreamFormat.attributeHeaderSize
            place = start + Int(attributes.littleEndian16(at: place + 2))
            guard place <= attributes.count else { return }
            switch kind {
            case SendAttribute.path: path = (start..<place).map { attributes[$0] }
            case SendAttribute.fileOffset where place == start + 8: offset = attributes.littleEndian64(at: start)
            case SendAttribute.size where place == start + 8: length = attributes.littleEndian64(at: start)
            default: break
            }
        }
        if let hole = Self.hole(at: offset, path, in: tree) {
            holeBytes += hole
            length = max(length, hole)
        }
        bytes += length
    }

    /// How far the hole goes that begins there, in that file; nil where there is none. The path may be one that the file
    /// had in between only.
    private static func hole(at offset: UInt64, _ path: [UInt8], in tree: FileDescriptor) -> UInt64? {
        let name = String(decoding: path, as: UTF8.self)
        let opened = unsafe clinux_open_without_links(tree.rawValue, name, O_RDONLY | O_NONBLOCK)
        guard opened >= 0 else { return nil }
        let file = OpenFile(adopting: FileDescriptor(rawValue: opened), path: FilePath(name))
        guard let size = try? file.descriptor.stat().size, offset < UInt64(clamping: size) else { return nil }
        var next = lseek(opened, off_t(offset), Int32(clinux_seek_data))
        // There are no data from there on.
        if next < 0 { next = off_t(size) }
        return next > off_t(offset) ? UInt64(next) - offset : nil
    }
}
