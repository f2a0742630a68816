import Catalogue

/// Texts of a catalogue that another machine has made: refused, or read as they were written.
///
/// The first byte says what the rest is: a catalogue, a stream map, a listing, an index; the next two are the sizes of the pieces.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzCatalogueText(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard input.count >= 3 else { return 0 }
    let text = Array(input[3...])
    switch input[0] % 4 {
    case 0:
        let whole = sections(text)
        require(sections(text, [1]) == whole, "byte by byte, it has the same sections")
        require(sections(text, Array(input[1..<3])) == whole, "in pieces, it has the same sections")
        if let table = whole?[.frames].flatMap({ FrameTable(parsing: $0[...]) }) {
            require(table.text == whole?[.frames], "a frame table has one text only")
        }
    case 1: readMap(text, Array(input[1..<3]))
    case 2: readListing(text)
    default: readIndex(text)
    }
    return 0
}

/// The text taken apart in pieces of these sizes by turns, all at once without; nil where it is refused.
private func sections(_ text: [UInt8], _ pattern: [UInt8] = []) -> [CatalogueText.Section: [UInt8]]? {
    var parser = CatalogueParser()
    var found: [CatalogueText.Section: [UInt8]] = [:]
    var (start, turn) = (0, 0)
    do {
        while start < text.count {
            let size = pattern.isEmpty ? text.count : Int(pattern[turn % pattern.count]) + 1
            let piece = Array(text[start..<min(start + size, text.count)])
            try parser.update(piece.span) { section, bytes in
                var all = found[section] ?? []
                for index in bytes.indices { all.append(bytes[index]) }
                found[section] = all
            }
            start += piece.count
            turn += 1
        }
        try parser.finish()
        return found
    } catch {
        return nil
    }
}

private func readIndex(_ text: [UInt8]) {
    guard let index = try? CatalogueIndex(parsing: text.span, longest: 1 << 22) else { return }
    require(index.text == text, "an index has one text only")
    require(index.starts.count == index.frames.count + 1, "each frame begins somewhere")
    for path in index.frames.compactMap(\.path) + [Array(text.prefix(9))] {
        let found = index.listingFrames(holding: path)
        require(found.allSatisfy { index.frames[$0].section == .listing }, "a path is in the listing")
    }
}

private func readMap(_ text: [UInt8], _ pattern: [UInt8]) {
    let again = rewritten(text)
    require(rewritten(text, [1]) == again, "byte by byte, it says the same")
    require(rewritten(text, pattern) == again, "in pieces, it says the same")
    require(again == nil || again == text, "a map has one text only")
    // Whatever it says, a tree takes it or refuses it.
    var tree = VirtualTree()
    do throws(CatalogueError) { try tree.add(text.span) } catch { require(!error.description.isEmpty, "told") }
}

private func readListing(_ text: [UInt8]) {
    let whole = Array("devjournal/tree/v2\n".utf8) + text + [UInt8(ascii: "\n")]
    guard let listing = try? ListingText(whole) else { fatalError("its first line is right") }
    var paths: [[UInt8]] = []
    let isSound = (try? listing.forEach { paths.append($0.path) }) != nil
    let isOrdered = zip(paths, paths.dropFirst()).allSatisfy { isBefore($0, $1) }
    for path in paths.prefix(50) {
        let found = try? listing.entry(at: path)
        require(!isSound || !isOrdered || found?.path == path, "each path of a sound listing is found")
        _ = try? listing.forEachChild(of: path) { require($0.path.starts(with: path), "a child is below") }
        _ = try? listing.forEach(below: path) { require($0.path.starts(with: path), "what is below is below") }
    }
    _ = try? listing.entry(at: Array(text.prefix(20)))
}

/// In the order of a listing, plainly: by names.
private func isBefore(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.split(separator: UInt8(ascii: "/")).lexicographicallyPrecedes(other.split(separator: UInt8(ascii: "/"))) {
        $0.lexicographicallyPrecedes($1)
    }
}
