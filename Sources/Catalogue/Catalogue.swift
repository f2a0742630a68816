/// What is known of an artifact without opening it: a file of its own, made while the artifact is sealed, encrypted to
/// the same recipients and kept with it.
///
/// Its plain text is a first line and sections one after the other, each a line with its name and its length in bytes,
/// then so many bytes:
///
///     devjournal/catalogue/v1
///     frames 146
///     c0535e…d1 1048721
///     9f86d0…08 731002
///
/// A reader steps over a section whose name it does not know. `frames` is a `FrameTable`.
package struct Catalogue: Sendable, Equatable {
    private static let firstLine = "devjournal/catalogue/v1"
    private static let framesName = "frames"

    /// Bytes of plain text that one may have, who reads it whole.
    package static let longest = 1 << 30

    package let frames: FrameTable

    package init(frames: FrameTable) {
        self.frames = frames
    }

    package var text: [UInt8] {
        let frames = frames.text
        return Array("\(Self.firstLine)\n\(Self.framesName) \(frames.count)\n".utf8) + frames
    }

    package init(parsing text: [UInt8]) throws(CatalogueError) {
        var rest = text[...]
        func line() throws(CatalogueError) -> String {
            guard let end = rest.prefix(Self.longestLine).firstIndex(of: UInt8(ascii: "\n")) else {
                throw .format("a line does not end")
            }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        guard try line() == Self.firstLine else { throw .format("its first line is another format's") }
        var found: FrameTable?
        while !rest.isEmpty {
            let words = try line().split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let length = Int(words[1]), "\(length)" == words[1], length <= rest.count,
                length >= 0
            else { throw .format("a section has no proper name and length") }
            let content = rest.prefix(length)
            rest = rest.dropFirst(length)
            guard words[0] == Self.framesName else { continue }
            guard found == nil, let table = FrameTable(parsing: content) else {
                throw .format("the frame table is malformed")
            }
            found = table
        }
        guard let found else { throw .format("there is no frame table") }
        frames = found
    }

    /// A section's name and length take less.
    private static let longestLine = 128
}
