import SystemPackage

/// An error of what was read through a `RepositoryView`: where it names a file by the view's path, that file's own is
/// meant.
package struct SeenInViewError: Error {
    package let cause: any Error
    private let seen: String
    private let real: String

    init(_ cause: any Error, seen: FilePath, real: FilePath) {
        self.cause = cause
        self.seen = seen.string
        self.real = real.string
    }

    /// The same text with the files' own paths.
    package func named(_ text: String) -> String {
        text.split(separator: seen, omittingEmptySubsequences: false).joined(separator: real)
    }
}
