extension StreamMap.Header {
    /// Appends the map's first line.
    package func append(to text: inout [UInt8]) {
        text.append(contentsOf: "\(StreamMap.format)\t\(streamVersion)\t\(uuid)\t\(parent ?? "-")\n".utf8)
    }
}

extension StreamMap.Entry {
    /// Appends its line.
    package func append(to text: inout [UInt8]) {
        text.append(contentsOf: keyword.rawValue.utf8)
        switch self {
        case .make(.symbolicLink(let target), let path): Self.append(paths: [path, target], to: &text)
        case .make(_, let path), .unlink(let path), .removeDirectory(let path), .open(let path):
            Self.append(paths: [path], to: &text)
        case .rename(let path, let other), .hardLink(let path, let other):
            Self.append(paths: [path, other], to: &text)
        case .truncate(let size), .end(let size): Self.append(numbers: [size], to: &text)
        case .punch(let offset, let length), .zeros(let offset, let length):
            Self.append(numbers: [offset, length], to: &text)
        case .data(let run):
            Self.append(numbers: [run.offset, run.length, run.at], to: &text)
            if run.count > 1 { Self.append(numbers: [run.count, run.stride], to: &text) }
        case .encoded(let extent):
            Self.append(numbers: [extent.offset, extent.length, extent.at, extent.storedLength], to: &text)
            text.append(contentsOf: "\t\(extent.compression.rawValue)".utf8)
            Self.append(numbers: [extent.wholeLength, extent.skip], to: &text)
        case .clone(let range):
            Self.append(numbers: [range.offset, range.length], to: &text)
            text.append(contentsOf: "\t\(range.tree.rawValue)".utf8)
            Self.append(paths: [range.source], to: &text)
            Self.append(numbers: [range.sourceOffset], to: &text)
        }
        text.append(UInt8(ascii: "\n"))
    }

    private static func append(paths: [[UInt8]], to text: inout [UInt8]) {
        for path in paths {
            text.append(UInt8(ascii: "\t"))
            EscapedText.append(path, to: &text)
        }
    }

    private static func append(numbers: [Int], to text: inout [UInt8]) {
        for number in numbers {
            text.append(UInt8(ascii: "\t"))
            DecimalText.append(number, to: &text)
        }
    }

    private var keyword: StreamMap.Keyword {
        switch self {
        case .make(let object, _):
            switch object {
            case .file: .file
            case .directory: .directory
            case .symbolicLink: .symbolicLink
            case .node: .node
            case .fifo: .fifo
            case .socket: .socket
            }
        case .rename: .rename
        case .hardLink: .hardLink
        case .unlink: .unlink
        case .removeDirectory: .removeDirectory
        case .open: .open
        case .truncate: .truncate
        case .punch: .punch
        case .zeros: .zeros
        case .data: .data
        case .encoded: .encoded
        case .clone: .clone
        case .end: .end
        }
    }
}

extension StreamMap {
    /// The first word of a line; at most eight letters.
    enum Keyword: String, CaseIterable {
        case file, node, fifo, socket, rename, unlink, open, truncate, punch, zeros, data, encoded, clone, end
        case directory = "dir"
        case symbolicLink = "link"
        case hardLink = "hardlink"
        case removeDirectory = "rmdir"
    }
}
