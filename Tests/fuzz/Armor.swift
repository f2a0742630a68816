import Sodium

@testable import Age

/// What armor stands for does not depend on how it is cut, and but for line ends and white space around it, armor
/// has one spelling. The first two bytes are the sizes of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzArmor(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 2 else { return 0 }
    let text = Array(input[2...])
    let whole = decoded(text, [])
    require(decoded(text, [1]) == whole, "byte by byte, armor stands for the same")
    require(decoded(text, Array(input[0..<2])) == whole, "in pieces, armor stands for the same")
    guard whole.error == nil else { return 0 }
    let lines = text.split(separator: UInt8(ascii: "\n")).map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
    let armor = lines.filter { !$0.allSatisfy(ArmorReader.isWhiteSpace) }.map(Array.init)
    require(armor == armorLines(whole.bytes), "armor is written as it was read")
    return 0
}

private struct Decoded: Equatable {
    var bytes: [UInt8] = []
    var error: AgeError?
}

private func decoded(_ text: [UInt8], _ pattern: [UInt8]) -> Decoded {
    var reader = ArmorReader()
    var buffer = WipedBuffer(capacity: text.count + 48)
    var result = Decoded()
    do throws(AgeError) {
        try inPieces(text, pattern) { (piece) throws(AgeError) in
            var offset = 0
            try reader.decode(piece, from: &offset, into: &buffer)
            require(offset == piece.count, "what there is room for is taken")
        }
        try reader.finish()
    } catch {
        result.error = error
    }
    result.bytes = buffer.withSpan { bytes in bytes.indices.map { bytes[$0] } }
    return result
}
