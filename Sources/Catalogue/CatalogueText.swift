/// What is known of an artifact without opening it: a file of its own, made while the artifact is sealed, encrypted to
/// the same recipients and kept with it (journal-format.md, "Frames and catalogues").
///
/// Its plain text is a first line and sections one after the other, each a line with its name and its length in bytes,
/// then so many bytes:
///
///     devjournal/catalogue/v1
///     frames 146
///     c0535e…d1 1048721
///     9f86d0…08 731002
///     listing 52133
///     devjournal/tree/v2
///     …
///
/// Each section begins with a zstd frame of its own, and the last one is a `CatalogueIndex` of these frames. A reader steps over a section whose name it does not know.
package enum CatalogueText {
    package enum Section: String, Sendable, CaseIterable {
        /// A `FrameTable`; every catalogue has it.
        case frames
        /// The canonical listing of the snapshot's tree; its SHA-256 is the tree hash.
        case listing
        /// What each command of the send stream does to the tree, and where its bytes lie.
        case map
        /// A `CatalogueIndex`; the last section.
        case index
    }

    /// Bytes of plain text that one may have: 180 bytes for each line of a listing of 10,000,000 objects.
    package static let longest = 1 << 31

    /// Bytes of a listing in a frame, about: as many as a reader looks through for one line. Where in that range a frame ends
    /// depends on its last line alone, so that after a change the frames are soon those of the month before again.
    package static let listingFrame = 1 << 16...1 << 19
    /// The bits of a line's CRC-32C that are zero where it ends a frame: one line of 1,024.
    package static let lastLine: UInt32 = 0x3ff

    /// A frame table of 4 TiB takes less.
    package static let longestFrames = 1 << 27

    package static let firstLine = "devjournal/catalogue/v1"

    /// What stands before a section's bytes.
    package static func header(_ section: Section, length: Int) -> [UInt8] {
        Array("\(section.rawValue) \(length)\n".utf8)
    }
}

/// Takes a catalogue's text apart while it flows by in blocks of any size; keeps no more than one line of it.
package struct CatalogueParser: ~Copyable {
    private enum Place {
        case firstLine
        case header
        /// Within a section, one that is known or not.
        case content(CatalogueText.Section?, left: Int)
    }

    /// A section's name and length take less.
    private static let longestLine = 128

    private var place = Place.firstLine
    /// A line that a block's end has cut in two.
    private var line: [UInt8] = []
    private var found: Set<CatalogueText.Section> = []

    package init() {}

    /// Looks at the next block of text.
    ///
    /// - Parameter take: is given each section's bytes in pieces, the first of which is empty.
    /// - Throws: `CatalogueError`, or what `take` throws.
    package mutating func update(
        _ text: Span<UInt8>, _ take: (CatalogueText.Section, Span<UInt8>) throws -> Void
    ) throws {
        var index = 0
        while index < text.count {
            switch place {
            case .firstLine, .header:
                let byte = text[index]
                index += 1
                if byte != UInt8(ascii: "\n") {
                    guard line.count < Self.longestLine else { throw CatalogueError.format("a line does not end") }
                    line.append(byte)
                    continue
                }
                if let section = try begin() { try take(section, text.extracting(0..<0)) }
            case .content(let section, let left):
                let count = min(left, text.count - index)
                if let section { try take(section, text.extracting(index..<index + count)) }
                index += count
                place = count == left ? .header : .content(section, left: left - count)
            }
        }
    }

    /// A line is complete. Returns the section that begins, if it is a known one.
    private mutating func begin() throws(CatalogueError) -> CatalogueText.Section? {
        defer { line.removeAll(keepingCapacity: true) }
        if case .firstLine = place {
            guard line.elementsEqual(CatalogueText.firstLine.utf8) else {
                throw .format("its first line is another format's")
            }
            place = .header
            return nil
        }
        let words = String(decoding: line, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, !words[0].isEmpty, words[0].utf8.allSatisfy({ (0x61...0x7a).contains($0) }),
            let length = Int(words[1]), "\(length)" == words[1], length >= 0
        else { throw .format("a section has no proper name and length") }
        let section = CatalogueText.Section(rawValue: String(words[0]))
        if let section, !found.insert(section).inserted { throw .format("it has two sections \(section.rawValue)") }
        place = length == 0 ? .header : .content(section, left: length)
        return section
    }

    /// The text is over: it must be complete here.
    package consuming func finish() throws(CatalogueError) {
        switch place {
        case .header where line.isEmpty: break
        case .content: throw .format("a section is shorter than it says")
        case .firstLine, .header: throw .format("a line does not end")
        }
        guard found.contains(.frames) else { throw .format("there is no frame table") }
    }
}
