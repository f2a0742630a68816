import CCRC32C
import Catalogue

@testable import Sealing

/// What the inspector says about a stream, and the map it records, do not depend on how the stream is cut; and a map that
/// was recorded is one that is read.
///
/// The first byte says whether the commands get the right checksums, without which a fuzzer gets no further than
/// the first; the next two are the sizes of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzSendStream(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 3 else { return 0 }
    var stream = Array(input[3...])
    if input[0] & 1 == 1 { putChecksums(&stream) }
    let whole = verdict(stream, [])
    require(verdict(stream, [1]) == whole, "byte by byte, the verdict is the same")
    require(verdict(stream, Array(input[1..<3])) == whole, "in pieces, the verdict is the same")
    switch whole {
    case .success(let summary):
        require(summary.bytes == UInt64(stream.count), "all of the stream was looked at")
        require(summary.commands >= 2, "a stream begins and ends")
        require(!summary.name.isEmpty && !summary.name.utf8.contains(UInt8(ascii: "/")), "a name is one")
    case .failure(let error):
        require(error.offset <= UInt64(stream.count), "an error lies within the stream")
        require(!error.description.isEmpty, "an error has words")
    }
    let map = recorded(stream, [])
    require(recorded(stream, [1]) == map, "byte by byte, the map is the same")
    require(recorded(stream, Array(input[1..<3])) == map, "in pieces, the map is the same")
    if case .success(let map) = map {
        require((try? whole.get()) != nil, "what is recorded is sound")
        require(rewritten(map) == map, "a map is read and written as it was")
    }
    return 0
}

private func recorded(_ stream: [UInt8], _ pattern: [UInt8]) -> Result<[UInt8], SendStreamError> {
    var inspector = SendStreamInspector(parent: nil, isRecording: true)
    var map: [UInt8] = []
    do throws(SendStreamError) {
        try inPieces(stream, pattern) { (piece) throws(SendStreamError) in
            try inspector.update(piece)
            inspector.takeMap { text in for index in text.indices { map.append(text[index]) } }
        }
        _ = try inspector.finish()
        return .success(map)
    } catch {
        return .failure(error)
    }
}

private func verdict(_ stream: [UInt8], _ pattern: [UInt8]) -> Result<SendStreamSummary, SendStreamError> {
    var inspector = SendStreamInspector()
    do throws(SendStreamError) {
        try inPieces(stream, pattern) { (piece) throws(SendStreamError) in try inspector.update(piece) }
        return .success(try inspector.finish())
    } catch {
        return .failure(error)
    }
}

/// Each command: its length (4), kind (2), CRC-32C (4) over itself with a CRC of zero; attributes.
private func putChecksums(_ stream: inout [UInt8]) {
    var place = 17
    while place + 10 <= stream.count {
        let length = (0..<4).reduce(0) { $0 | Int(stream[place + $1]) << (8 * $1) }
        guard length <= stream.count - place - 10 else { return }
        for index in 6..<10 { stream[place + index] = 0 }
        let command = Array(stream[place..<place + 10 + length])
        let checksum = ccrc32c_update_portable(0, command, command.count)
        for index in 0..<4 { stream[place + 6 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
        place += 10 + length
    }
}
