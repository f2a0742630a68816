import Sodium

@testable import Age

/// A header has one spelling: what is parsed is written again byte for byte, however it was cut, and so is each stanza
/// of a type that is known. The first two bytes are the sizes of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzAgeHeader(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 2 else { return 0 }
    let text = Array(input[2...])
    let whole = parsed(text, [])
    require(parsed(text, [1]) == whole, "byte by byte, a header is the same")
    require(parsed(text, Array(input[0..<2])) == whole, "in pieces, a header is the same")
    guard let header = whole.header else { return 0 }
    require(written(header) == Array(text[..<whole.consumed]), "a header is written as it was read")
    for stanza in header.stanzas { checkKnown(stanza) }
    return 0
}

private struct Parsed: Equatable {
    var header: Header?
    var error: AgeError?
    /// Bytes up to the header's end.
    var consumed = 0

    static func == (one: Parsed, other: Parsed) -> Bool {
        one.error == other.error && one.consumed == other.consumed && one.header?.stanzas == other.header?.stanzas
            && one.header?.authenticated == other.header?.authenticated && one.header?.mac == other.header?.mac
    }
}

private func parsed(_ text: [UInt8], _ pattern: [UInt8]) -> Parsed {
    var parser = HeaderParser()
    var result = Parsed()
    do throws(AgeError) {
        try inPieces(text, pattern) { (piece) throws(AgeError) in
            guard result.header == nil else { return }
            var offset = 0
            result.header = try parser.parse(piece, from: &offset)
            result.consumed += offset
            require(result.header != nil || offset == piece.count, "a header that continues takes all there is")
        }
    } catch {
        require(!error.description.isEmpty, "an error has words")
        result = Parsed(error: error)
    }
    return result
}

private func written(_ header: Header) -> [UInt8] {
    var text = AgeFormat.versionLine.bytes + [UInt8(ascii: "\n")]
    for stanza in header.stanzas { text += stanza.lines }
    require(text + Array("---".utf8) == header.authenticated, "the MAC is over what was read")
    return text + Array("--- ".utf8) + Base64.encodeUnpadded(header.mac.span) + [UInt8(ascii: "\n")]
}

private func checkKnown(_ stanza: Stanza) {
    switch stanza.type {
    case X25519Stanza.type:
        guard let known = try? X25519Stanza(stanza) else { return }
        require(known.stanza == stanza, "an X25519 stanza has one spelling")
    case ScryptStanza.type:
        guard let known = try? ScryptStanza(stanza), known.workFactor != nil else { return }
        require(known.stanza == stanza, "a scrypt stanza has one spelling")
    default:
        break
    }
}
