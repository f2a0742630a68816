extension ListingText {
    /// A line, as far as it is looked at before somebody wants all of it.
    package struct Line {
        fileprivate let listing: ListingText
        let range: Range<Int>

        /// Below the top, as bytes; nil for what no line begins with.
        package var path: [UInt8]? {
            listing.withText { text in
                guard let end = range.first(where: { text[$0] == UInt8(ascii: "\t") }) else { return nil }
                return ListingEntry.path(text, range.lowerBound..<end)
            }
        }

        /// All of what it says.
        package func entry() throws(CatalogueError) -> ListingEntry { try listing.entry(range) }

        /// Whether it says the same as another listing's line, path and all.
        package func isEqual(_ other: Line) -> Bool {
            guard range.count == other.range.count else { return false }
            return listing.withText { text in
                other.listing.withText { otherText in
                    range.indices.allSatisfy {
                        text[$0] == otherText[$0 - range.lowerBound + other.range.lowerBound]
                    }
                }
            }
        }

        /// Whether its path comes before, with or after another one's in a listing's order.
        package func compare(_ other: Line) -> Int {
            listing.withText { text in
                other.listing.withText { otherText in
                    var (mine, others) = (PathBytes(range.lowerBound), PathBytes(other.range.lowerBound))
                    while true {
                        switch (mine.next(text), others.next(otherText)) {
                        case (nil, nil): return 0
                        case (nil, _): return -1
                        case (_, nil): return 1
                        case (let left?, let right?) where left != right: return left < right ? -1 : 1
                        default: continue
                        }
                    }
                }
            }
        }
    }

    /// Steps through a line's path as it is ordered: what ends a name is lower than what continues it.
    struct PathBytes {
        private var place: Int

        init(_ start: Int) { place = start }

        mutating func next(_ text: Span<UInt8>) -> Int? {
            let byte = text[place]
            switch byte {
            case UInt8(ascii: "\t"), UInt8(ascii: "\n"): return nil
            case UInt8(ascii: "/"):
                place += 1
                return 0
            case UInt8(ascii: "\\"):
                guard place + 4 <= text.count, let bytes = EscapedText.bytes(text, place..<place + 4) else {
                    return nil
                }
                place += 4
                return Int(bytes[0])
            default:
                place += 1
                return Int(byte)
            }
        }
    }

    /// Steps from line to line.
    package struct Cursor {
        private let listing: ListingText
        private var place: Int
        /// The line at hand; nil after the last one.
        package private(set) var line: Line?

        fileprivate init(_ listing: ListingText) {
            self.listing = listing
            place = listing.start
            advance()
        }

        package mutating func advance() {
            guard place < listing.count else { return line = nil }
            let end = listing.lineEnd(place)
            line = Line(listing: listing, range: place..<end)
            place = end + 1
        }
    }

    /// At the first line of an object, which is the top's.
    package func cursor() -> Cursor { Cursor(self) }
}
