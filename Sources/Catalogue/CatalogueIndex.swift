package import Digest

/// What each zstd frame of a catalogue's text holds, in their order: so a part of it is found and checked without the
/// rest. It is the text's last section, in a frame of its own; who made the catalogue has signed its hash
/// (journal-format.md, "Frames and catalogues").
///
/// As text, a line a frame: the SHA-256 of its plain bytes, its length in the file's age plaintext, the length of its
/// plain bytes, its section, and of the listing the path of the line that it begins with, as the listing has it.
///
///     5b41…c7 1310 2041 frames
///     9f86…08 60411 262032 listing .
///     0a3e…51 61093 262120 listing ./src/main.swift
///     77c2…90 20114 181377 map
package struct CatalogueIndex: Sendable, Equatable {
    package struct Frame: Sendable, Equatable {
        package let sha256: SHA256Digest
        /// Bytes of it in the age plaintext.
        package let length: Int
        /// Bytes that come out.
        package let plainLength: Int
        package let section: CatalogueText.Section
        /// Of the line that it begins with; nil where it continues the frame before, and outside the listing.
        package let path: [UInt8]?

        package init(
            sha256: SHA256Digest, length: Int, plainLength: Int, section: CatalogueText.Section, path: [UInt8]? = nil
        ) {
            self.sha256 = sha256
            self.length = length
            self.plainLength = plainLength
            self.section = section
            self.path = path
        }
    }

    package private(set) var frames: [Frame] = []
    /// Where each frame begins in the age plaintext, and where the index itself does.
    package private(set) var starts = [0]

    package init() {}

    /// The next one in the file.
    package mutating func append(_ frame: Frame) {
        frames.append(frame)
        starts.append(starts[starts.count - 1] + frame.length)
    }

    package var text: [UInt8] {
        var text: [UInt8] = []
        for frame in frames {
            text += "\(frame.sha256.hex) \(frame.length) \(frame.plainLength) \(frame.section.rawValue)".utf8
            if let path = frame.path {
                text.append(UInt8(ascii: " "))
                Self.append(path, to: &text)
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private static func append(_ path: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "."))
        guard !path.isEmpty else { return }
        text.append(UInt8(ascii: "/"))
        EscapedText.append(path, to: &text)
    }

    /// - Parameter longest: bytes that a frame's plain text and a frame itself may have.
    /// - Throws: `CatalogueError.format` for what `text` never is.
    package init(parsing text: Span<UInt8>, longest: Int) throws(CatalogueError) {
        var start = 0
        for place in text.indices where text[place] == UInt8(ascii: "\n") {
            guard let frame = Self.frame(text, start..<place), frame.length > 0, frame.length <= longest,
                frame.plainLength > 0, frame.plainLength <= longest
            else { throw .format("a line of its index is malformed") }
            append(frame)
            start = place + 1
        }
        guard start == text.count, !frames.isEmpty else { throw .format("its index does not end") }
    }

    private static func frame(_ text: Span<UInt8>, _ line: Range<Int>) -> Frame? {
        var fields: [Range<Int>] = []
        var start = line.lowerBound
        for place in line where text[place] == UInt8(ascii: " ") {
            fields.append(start..<place)
            start = place + 1
        }
        fields.append(start..<line.upperBound)
        guard fields.count == 4 || fields.count == 5,
            let sha256 = SHA256Digest(hex: word(text, fields[0])), let length = DecimalText.number(text, fields[1]),
            let plainLength = DecimalText.number(text, fields[2]),
            let section = CatalogueText.Section(rawValue: word(text, fields[3])), section != .index
        else { return nil }
        var path: [UInt8]?
        if fields.count == 5 {
            guard section == .listing, let found = ListingEntry.path(text, fields[4]) else { return nil }
            path = found
        }
        return Frame(sha256: sha256, length: length, plainLength: plainLength, section: section, path: path)
    }

    private static func word(_ text: Span<UInt8>, _ field: Range<Int>) -> String {
        String(decoding: field.map { text[$0] }, as: UTF8.self)
    }
}

extension CatalogueIndex {
    /// Of the line of a listing that `text` begins with; nil where it is not one.
    package static func path(ofLine text: Span<UInt8>) -> [UInt8]? {
        guard let end = text.indices.first(where: { text[$0] == UInt8(ascii: "\t") }) else { return nil }
        return ListingEntry.path(text, 0..<end)
    }

    /// The frames of a section, which follow each other; empty where the catalogue has none.
    package func frames(of section: CatalogueText.Section) -> Range<Int> {
        guard let first = frames.firstIndex(where: { $0.section == section }) else { return 0..<0 }
        return first..<(frames[first...].firstIndex { $0.section != section } ?? frames.count)
    }

    /// The frames of the listing in which a path's line is if it is anywhere.
    package func listingFrames(holding path: [UInt8]) -> Range<Int> {
        let all = frames(of: .listing)
        let isNotAfter = { (frame: Int) in self.frames[frame].path.map { !Self.isBefore(path, $0) } ?? false }
        guard let first = all.last(where: isNotAfter) else { return 0..<0 }
        return first..<(all.first { $0 > first && frames[$0].path != nil } ?? all.upperBound)
    }

    /// In the order of a listing: what ends a name is lower than what continues it.
    private static func isBefore(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.lexicographicallyPrecedes(other) { rank($0) < rank($1) }
    }

    private static func rank(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "/") ? 0 : byte }
}
