package import DurableFiles

/// A place for root's work is one where another user could put something else, or it cannot be looked at.
package enum RootPlaceError: Error {
    /// - Parameter hint: what mends it.
    case steerable(SteerablePath, hint: String)
    case file(FileFailure)

    /// - Parameter hint: what mends it; nil where what is wrong with the path says so.
    init(_ error: RootsOwnPlaceError, hint: String?) {
        switch error {
        case .file(let failure): self = .file(failure)
        case .steerable(let path):
            if path.reason == .link, let target = throughFirstLink(path.path) {
                self = .steerable(path, hint: "name the real path in the configuration: \(target)")
            } else {
                self = .steerable(path, hint: hint ?? path.hint)
            }
        }
    }
}

extension SteerablePath {
    /// What mends it.
    package var hint: String {
        switch reason {
        case .link: "name the real path, or make it a directory"
        case .notDirectory, .notFile: "move it away"
        case .owner: "chown root \(component), or name a place whose directories are all root's"
        case .writable: "chmod go-w \(component), or name a place that only root may write"
        }
    }
}
