import Catalogue
import HandMadeStreams

@testable import Sealing

/// The map's text of a stream that comes in blocks of `size`.
func recordedMap(_ stream: [UInt8], size: Int = .max) throws -> [UInt8] {
    var inspector = SendStreamInspector(parent: nil, isRecording: true)
    var text: [UInt8] = []
    var start = 0
    while start < stream.count {
        let end = start + min(size, stream.count - start)
        try inspector.update(stream.span.extracting(start..<end))
        inspector.takeMap { piece in for index in piece.indices { text.append(piece[index]) } }
        start = end
    }
    _ = try inspector.finish()
    return text
}

extension HandMadeStream {
    /// A command with a path and more attributes, by their kinds; numbers are of 64 bits.
    mutating func add(
        _ kind: UInt16, _ path: String, paths: [(UInt16, String)] = [], numbers: [(UInt16, Int)] = [],
        uuid: [UInt8]? = nil, data: [UInt8]? = nil
    ) {
        var attributes = Self.attribute(15, Array(path.utf8))
        for (kind, path) in paths { attributes += Self.attribute(kind, Array(path.utf8)) }
        for (kind, number) in numbers { attributes += Self.attribute(kind, Self.little(number, 8)) }
        if let uuid { attributes += Self.attribute(20, uuid) }
        if let data { attributes += version == 1 ? Self.attribute(19, data) : Self.little(UInt16(19), 2) + data }
        command(kind, attributes)
    }

    mutating func write(_ data: [UInt8], to path: String, at offset: Int) {
        add(15, path, numbers: [(18, offset)], data: data)
    }

    mutating func clone(
        _ path: String, at offset: Int, _ length: Int, from source: String, at place: Int, uuid: [UInt8]
    ) {
        add(16, path, paths: [(22, source)], numbers: [(18, offset), (24, length), (23, place)], uuid: uuid)
    }
}
