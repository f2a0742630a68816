internal import DurableFiles
internal import SystemPackage

extension StoreError {
    /// What a failed call of the file system means for a store. A name that is not there is the caller's to judge.
    init(_ failure: FileFailure) {
        switch failure.errno {
        case .noSpace, .diskQuotaExceeded:
            self.init(.full, failure.description, hint: "make room, then try again")
        case .permissionDenied, .notPermitted, .readOnlyFileSystem:
            self.init(.denied, failure.description)
        case .notDirectory, .tooManySymbolicLinkLevels:
            self.init(
                .invalid, "\(failure.description): a file or a symbolic link stands where a directory is needed")
        case .isDirectory, .fileNameTooLong, .fileTooLarge, .improperLink, .directoryNotEmpty:
            self.init(.invalid, failure.description)
        default:
            self.init(.unreachable, failure.description)
        }
    }
}

/// Runs file system calls in a store's terms.
func storing<Result: ~Copyable>(
    _ body: () throws(FileFailure) -> Result
) throws(StoreError) -> Result {
    do throws(FileFailure) {
        return try body()
    } catch {
        throw StoreError(error)
    }
}
