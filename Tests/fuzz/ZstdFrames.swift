import Zstd

/// Where frames end does not depend on how their stream is cut, and what is undone frame by frame is what the reader of
/// a single stream makes of each. That one refuses some that are not frames of RFC 8878, such as those with a block beyond
/// the window: libzstd looks after that only where it keeps a window. The first two bytes are the sizes of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzZstdFrames(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 2 else { return 0 }
    let stream = Array(input[2...])
    let whole = cut(stream, [])
    require(cut(stream, Array(input[0..<2])) == whole, "in pieces, the frames are the same")
    var place = 0
    for length in whole.lengths {
        let frame = Array(stream[place..<place + length])
        if let content = undone(frame) {
            require(content.count <= ZstdFrames.contentSize, "a frame holds no more than it may")
            if let other = readAsStream(frame) { require(other == content, "both readers read the same") }
            if content.count < ZstdFrames.contentSize {
                require(place + length == stream.count || whole.error != nil, "after a short frame there is nothing")
            }
        }
        place += length
    }
    require(whole.error != nil || place == stream.count, "all of the stream is in frames")
    return 0
}

private struct Cut: Equatable {
    var lengths: [Int] = []
    var error: ZstdError?
}

private func cut(_ stream: [UInt8], _ pattern: [UInt8]) -> Cut {
    var cutter = ZstdFrameCutter()
    var gathered: [UInt8] = []
    var result = Cut()
    do throws(ZstdError) {
        try inPieces(stream, pattern) { (piece) throws(ZstdError) in
            for index in piece.indices { gathered.append(piece[index]) }
            while let length = try cutter.cut(gathered.span) {
                require(length > 0, "a frame is not nothing")
                result.lengths.append(length)
                gathered.removeFirst(length)
            }
        }
        try cutter.finish(gathered.span)
    } catch {
        result.error = error
    }
    return result
}

private func undone(_ frame: [UInt8]) -> [UInt8]? {
    var content = [UInt8](repeating: 0, count: ZstdFrames.contentSize)
    guard var decompressor = try? ZstdFrameDecompressor(),
        let count = try? decompressor.decompress(frame.span, into: &content)
    else { return nil }
    return Array(content[..<count])
}

private func readAsStream(_ frame: [UInt8]) -> [UInt8]? {
    var content: [UInt8] = []
    do {
        var decompressor = try ZstdDecompressor()
        try decompressor.update(frame.span) { (block: inout [UInt8], count: Int) in content += block[..<count] }
        try decompressor.finish()
        return content
    } catch {
        return nil
    }
}
