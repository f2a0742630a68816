// Extents as Btrfs keeps them compressed on the disk, and as `btrfs send --compressed-data` sends them (encoded writes,
// btrfs(5), "COMPRESSION"; BTRFS_IOC_ENCODED_WRITE in linux/btrfs.h): undone by zlib, liblzo2 and libzstd. Nothing here
// makes any.
internal import CLzo
internal import CZlib
internal import Zstd

/// How an extent is compressed.
package enum ExtentCompression: Sendable, Equatable {
    /// RFC 1950.
    case zlib
    /// A frame of RFC 8878.
    case zstd
    /// LZO1X in pieces of a sector each; bytes of a sector.
    case lzo(sectorSize: Int)
}

/// An extent that is not what its compression makes.
package struct EncodedExtentError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ what: String) {
        description = "a compressed extent is damaged: \(what)"
    }
}

/// The bytes of an extent.
///
/// - Parameters:
///   - stored: as the stream has it: what is compressed, perhaps filled up with zeros to a whole sector.
///   - length: bytes of the extent; more than 16 MiB, or none, is damaged. What comes out shorter is filled up with zeros, as
///     the kernel does it.
/// - Throws: `EncodedExtentError`.
package func undo(
    extent stored: Span<UInt8>, _ compression: ExtentCompression, length: Int
) throws(EncodedExtentError) -> [UInt8] {
    guard length > 0, length <= longestExtent else { throw EncodedExtentError("it says that it is of \(length) bytes") }
    return switch compression {
    case .zlib: try undoZlib(stored, length)
    case .zstd: try undoZstd(stored, length)
    case .lzo(let sectorSize): try undoLZO(stored, sectorSize, length)
    }
}

/// The kernel's own are of 128 KiB.
private let longestExtent = 16 << 20

private func undoZlib(_ stored: Span<UInt8>, _ length: Int) throws(EncodedExtentError) -> [UInt8] {
    var content = [UInt8](repeating: 0, count: length)
    var count = uLongf(length)
    var read = uLong(stored.count)
    let result = unsafe stored.withUnsafeBufferPointer { stored in
        unsafe content.withUnsafeMutableBufferPointer { content in
            unsafe uncompress2(content.baseAddress, &count, stored.baseAddress, &read)
        }
    }
    guard result == Z_OK else { throw EncodedExtentError("zlib finds no whole stream of \(length) bytes at most") }
    return content
}

private func undoZstd(_ stored: Span<UInt8>, _ length: Int) throws(EncodedExtentError) -> [UInt8] {
    var content: [UInt8] = []
    content.reserveCapacity(length)
    do {
        var cutter = ZstdFrameCutter()
        guard let end = try cutter.cut(stored) else { throw ZstdError.truncated }
        var decompressor = try ZstdDecompressor(outputLimit: UInt64(length))
        try decompressor.update(stored.extracting(0..<end)) { piece in
            unsafe piece.withUnsafeBufferPointer { unsafe content.append(contentsOf: $0) }
        }
        try decompressor.finish()
    } catch {
        throw EncodedExtentError("\(error)")
    }
    content.append(contentsOf: repeatElement(0, count: length - content.count))
    return content
}

/// Four bytes say how long all is, themselves included; then come pieces, each of a sector at most when undone, after four
/// bytes that say how long it is. Those never lie across the end of a sector: what is left of that is skipped.
private func undoLZO(
    _ stored: Span<UInt8>, _ sectorSize: Int, _ length: Int
) throws(EncodedExtentError) -> [UInt8] {
    let wordSize = 4
    guard stored.count >= wordSize, case let end = stored.word(at: 0), end <= stored.count else {
        throw EncodedExtentError("its pieces are longer than it is")
    }
    var content = [UInt8](repeating: 0, count: length)
    var (place, made) = (wordSize, 0)
    while place < end {
        let leftOfSector = sectorSize - place % sectorSize
        if leftOfSector < wordSize {
            place += leftOfSector
            continue
        }
        guard place + wordSize <= end, case let count = stored.word(at: place), count > 0,
            count <= end - place - wordSize
        else { throw EncodedExtentError("a piece is longer than it is") }
        place += wordSize
        made += try undoPiece(stored.extracting(place..<place + count), into: &content, from: made, sectorSize)
        place += count
    }
    return content
}

/// - Returns: how many bytes came out.
private func undoPiece(
    _ piece: Span<UInt8>, into content: inout [UInt8], from start: Int, _ sectorSize: Int
) throws(EncodedExtentError) -> Int {
    var count = lzo_uint(min(sectorSize, content.count - start))
    let result = unsafe piece.withUnsafeBufferPointer { piece in
        unsafe content.withUnsafeMutableBufferPointer { content in
            unsafe lzo1x_decompress_safe(
                piece.baseAddress, lzo_uint(piece.count), content.baseAddress.map { unsafe $0 + start }, &count, nil)
        }
    }
    guard result == LZO_E_OK else { throw EncodedExtentError("a piece of it is not whole LZO1X data") }
    return Int(count)
}

extension Span<UInt8> {
    /// Four bytes, the least significant first.
    fileprivate func word(at place: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(self[place + $1]) << (8 * $1) }
    }
}
