/// A catalogue that cannot be read.
package enum CatalogueError: Error, Equatable, CustomStringConvertible {
    case format(String)
    /// The file of that path is not what was recorded.
    case otherContent(String)
    /// A line of the stream map, counted from 1, that no stream has.
    case map(line: Int, String)
    /// A stream map whose commands cannot be done to the tree before them.
    case tree(String)
    /// A line of the listing that no tree has, by its place in bytes.
    case listing(byte: Int, String)

    package var description: String {
        switch self {
        case .format(let what): "the catalogue cannot be read: \(what)"
        case .otherContent(let path): "\(path) is not the catalogue that was recorded"
        case .map(let line, let what): "the catalogue's stream map cannot be read: line \(line) \(what)"
        case .tree(let what): "the catalogue's stream map does not fit the tree that it changes: \(what)"
        case .listing(let byte, let what): "the catalogue's listing cannot be read: the line at byte \(byte) \(what)"
        }
    }
}
