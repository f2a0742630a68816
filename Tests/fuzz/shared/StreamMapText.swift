import Catalogue

/// A stream map's text, read and written again; nil where it is refused.
func rewritten(_ text: [UInt8], _ pattern: [UInt8] = []) -> [UInt8]? {
    var reader = StreamMapReader()
    var again: [UInt8] = []
    do throws(CatalogueError) {
        try inPieces(text, pattern) { (piece) throws(CatalogueError) in
            try reader.read(piece) { line in
                switch line {
                case .header(let header): header.append(to: &again)
                case .entry(let entry): entry.append(to: &again)
                }
            }
        }
        try reader.finish()
        return again
    } catch {
        require(!error.description.isEmpty, "an error shows")
        return nil
    }
}
