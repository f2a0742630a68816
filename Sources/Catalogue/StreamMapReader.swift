/// Reads the text of a stream map as it comes, in pieces of any size; of it one line at most is kept.
///
/// The text can be another machine's: a line that `StreamMap.Entry` never writes is refused, and so is one that no stream
/// can mean.
package struct StreamMapReader: ~Copyable {
    /// Two paths, each byte written as four, and some numbers.
    private static let longestLine = 8 * SnapshotPath.longest + 256
    private static let keywords: [UInt64: StreamMap.Keyword] = Dictionary(
        uniqueKeysWithValues: StreamMap.Keyword.allCases.map { word in
            (word.rawValue.utf8.reduce(0) { $0 << 8 | UInt64($1) }, word)
        })

    private var hasHeader = false
    /// The beginning of a line whose end is to come.
    private var kept: [UInt8] = []
    private var lines = 0
    /// The furthest place in the stream that an entry named.
    private var streamEnd = 0
    private var isOver = false

    package init() {}

    /// Takes the next bytes of the text and gives what the lines say that end in them.
    package mutating func read(
        _ text: Span<UInt8>, _ give: (StreamMap.Line) throws(CatalogueError) -> Void
    ) throws(CatalogueError) {
        var start = 0
        var place = 0
        while place < text.count {
            if text[place] != UInt8(ascii: "\n") {
                place += 1
                continue
            }
            if kept.isEmpty {
                try give(parse(text.extracting(start..<place)))
            } else {
                try keep(text.extracting(start..<place))
                let line = kept
                kept.removeAll(keepingCapacity: true)
                try give(parse(line.span))
            }
            place += 1
            start = place
        }
        try keep(text.extracting(start..<text.count))
    }

    /// The text is over: its last line was `end`.
    package consuming func finish() throws(CatalogueError) {
        guard kept.isEmpty, isOver else { throw .format("the stream map ends too early") }
    }

    private mutating func keep(_ part: Span<UInt8>) throws(CatalogueError) {
        guard kept.count + part.count <= Self.longestLine else { throw failure("is too long", 1) }
        for index in part.indices { kept.append(part[index]) }
    }

    private func failure(_ what: String, _ ahead: Int = 0) -> CatalogueError { .map(line: lines + ahead, what) }

    private mutating func parse(_ line: Span<UInt8>) throws(CatalogueError) -> StreamMap.Line {
        lines += 1
        if !hasHeader {
            hasHeader = true
            return .header(try header(line))
        }
        if isOver { throw failure("comes after the end") }
        var fields = MapFields(line.count)
        guard let entry = Self.parse(line, &fields), fields.isAtEnd, entry.isPossible else {
            throw failure("is not one that a stream can have")
        }
        switch entry {
        case .data(let run): streamEnd = max(streamEnd, run.streamEnd)
        case .encoded(let extent): streamEnd = max(streamEnd, extent.at + extent.storedLength)
        case .end(let bytes):
            guard streamEnd <= bytes else { throw failure("ends the stream before its last bytes") }
            isOver = true
        default: break
        }
        return .entry(entry)
    }

    private func header(_ line: Span<UInt8>) throws(CatalogueError) -> StreamMap.Header {
        guard line.count <= Self.longestHeader else { throw failure("is another format's") }
        let text = String(decoding: line.indices.map { line[$0] }, as: UTF8.self)
        let words = text.split(separator: "\t", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == StreamMap.format, words[1] == "1" || words[1] == "2",
            let version = Int(words[1]),
            let header = StreamMap.Header(
                streamVersion: version, uuid: String(words[2]), parent: words[3] == "-" ? nil : String(words[3]))
        else { throw failure("is another format's") }
        return header
    }

    private static let longestHeader = 128

    /// Nil for what is not an entry's line; whether it is all of the line, the caller asks `fields`.
    private static func parse(_ line: Span<UInt8>, _ fields: inout MapFields) -> StreamMap.Entry? {
        guard let word = fields.word(line), let keyword = keywords[word] else { return nil }
        switch keyword {
        case .file: return fields.path(line).map { .make(.file, at: $0) }
        case .directory: return fields.path(line).map { .make(.directory, at: $0) }
        case .node: return fields.path(line).map { .make(.node, at: $0) }
        case .fifo: return fields.path(line).map { .make(.fifo, at: $0) }
        case .socket: return fields.path(line).map { .make(.socket, at: $0) }
        case .symbolicLink:
            guard let path = fields.path(line), let target = fields.path(line) else { return nil }
            return .make(.symbolicLink(target: target), at: path)
        case .rename: return fields.paths(line).map { .rename($0, to: $1) }
        case .hardLink: return fields.paths(line).map { .hardLink($0, of: $1) }
        case .unlink: return fields.path(line).map { .unlink($0) }
        case .removeDirectory: return fields.path(line).map { .removeDirectory($0) }
        case .open: return fields.path(line).map { .open($0) }
        case .truncate: return fields.number(line).map { .truncate(size: $0) }
        case .end: return fields.number(line).map { .end(streamBytes: $0) }
        case .punch: return fields.range(line).map { .punch(offset: $0, length: $1) }
        case .zeros: return fields.range(line).map { .zeros(offset: $0, length: $1) }
        case .data: return data(line, &fields)
        case .encoded: return encoded(line, &fields)
        case .clone: return clone(line, &fields)
        }
    }

    private static func data(_ line: Span<UInt8>, _ fields: inout MapFields) -> StreamMap.Entry? {
        guard let (offset, length) = fields.range(line), let at = fields.number(line) else { return nil }
        if fields.isAtEnd { return .data(StreamMap.DataRun(offset: offset, length: length, at: at)) }
        guard let (count, stride) = fields.range(line), count > 1 else { return nil }
        return .data(StreamMap.DataRun(offset: offset, length: length, at: at, count: count, stride: stride))
    }

    private static func encoded(_ line: Span<UInt8>, _ fields: inout MapFields) -> StreamMap.Entry? {
        guard let (offset, length) = fields.range(line), let (at, stored) = fields.range(line),
            let name = fields.text(line), let compression = StreamMap.Compression(rawValue: name),
            let (whole, skip) = fields.range(line)
        else { return nil }
        return .encoded(
            StreamMap.EncodedExtent(
                offset: offset, length: length, at: at, storedLength: stored, compression: compression,
                wholeLength: whole, skip: skip))
    }

    private static func clone(_ line: Span<UInt8>, _ fields: inout MapFields) -> StreamMap.Entry? {
        guard let (offset, length) = fields.range(line), let name = fields.text(line),
            let tree = StreamMap.CloneRange.Tree(rawValue: name), let source = fields.path(line),
            let sourceOffset = fields.number(line)
        else { return nil }
        return .clone(
            StreamMap.CloneRange(
                offset: offset, length: length, tree: tree, source: source, sourceOffset: sourceOffset))
    }
}

/// The fields of a line, from left to right.
private struct MapFields {
    private let end: Int
    /// Where the next field begins; past the end when there is none.
    private var place = 0

    init(_ count: Int) { end = count }

    var isAtEnd: Bool { place > end }

    private mutating func next(_ line: Span<UInt8>) -> Range<Int>? {
        guard place <= end else { return nil }
        let start = place
        while place < end && line[place] != UInt8(ascii: "\t") { place += 1 }
        defer { place += 1 }
        return start..<place
    }

    /// A word of at most eight letters, as the number that its bytes are.
    mutating func word(_ line: Span<UInt8>) -> UInt64? {
        guard let range = next(line), range.count <= 8 else { return nil }
        return range.reduce(0) { $0 << 8 | UInt64(line[$1]) }
    }

    mutating func text(_ line: Span<UInt8>) -> String? {
        guard let range = next(line), range.count <= 8 else { return nil }
        return String(decoding: range.map { line[$0] }, as: UTF8.self)
    }

    mutating func number(_ line: Span<UInt8>) -> Int? { next(line).flatMap { DecimalText.number(line, $0) } }

    mutating func range(_ line: Span<UInt8>) -> (Int, Int)? {
        guard let first = number(line), let second = number(line) else { return nil }
        return (first, second)
    }

    mutating func path(_ line: Span<UInt8>) -> [UInt8]? { next(line).flatMap { EscapedText.bytes(line, $0) } }

    mutating func paths(_ line: Span<UInt8>) -> ([UInt8], [UInt8])? {
        guard let first = path(line), let second = path(line) else { return nil }
        return (first, second)
    }
}
