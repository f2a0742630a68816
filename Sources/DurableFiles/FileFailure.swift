internal import CLinux
internal import Glibc
package import SystemPackage

/// A call of the system that failed: what was tried on which path, and why it failed.
package struct FileFailure: Error, CustomStringConvertible {
    package let action: String
    package let path: FilePath
    package let errno: Errno
    /// Why it failed, where no call of the system has said so.
    package let reason: String?
    /// What to do about it, where that is not plain.
    package let hint: String?

    package init(
        _ action: String, _ path: FilePath, _ errno: Errno, reason: String? = nil, hint: String? = nil
    ) {
        self.action = action
        self.path = path
        self.errno = errno
        self.reason = reason
        self.hint = hint
    }

    package var description: String { "cannot \(action) \(path): \(reason ?? errno.description)" }

    /// Whether the disk, or the user's share of it, is full.
    package var isOutOfSpace: Bool { errno == .noSpace || errno == .diskQuotaExceeded }
}

/// Runs a call of swift-system and names what failed.
package func attempt<Result>(
    _ action: String, _ path: @autoclosure () -> FilePath, _ body: () throws -> Result
) throws(FileFailure) -> Result {
    do {
        return try body()
    } catch let errno as Errno {
        throw FileFailure(action, path(), errno)
    } catch {
        throw FileFailure(action, path(), .ioError)
    }
}

/// Turns a C call's -1 into the error that `errno` holds.
package func check(_ result: Int32, _ action: String, _ path: @autoclosure () -> FilePath) throws(FileFailure) {
    if result == 0 { return }
    let errno = Errno(rawValue: clinux_errno())  // first: making the path may change it
    throw FileFailure(action, path(), errno)
}
