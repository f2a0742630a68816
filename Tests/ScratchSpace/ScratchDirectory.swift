import Foundation
import SystemPackage

/// An empty directory that is removed with all it holds when its owner lets it go.
package final class ScratchDirectory: Sendable {
    package let path: FilePath

    package init() throws {
        let name = "devjournal-test-\(UUID().uuidString)"
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        self.path = FilePath(path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }
}

/// The names below a directory, sorted, hidden ones included.
package func tree(_ path: FilePath) -> [String] {
    let found = FileManager.default.enumerator(atPath: path.string)
    return (found?.allObjects.compactMap { $0 as? String } ?? []).sorted()
}

/// Writes a file without any care, making the directories above it. One that is read-only can then be written to: root
/// would not have noticed.
package func plant(_ path: FilePath, _ bytes: [UInt8] = []) throws {
    let files = FileManager.default
    try files.createDirectory(atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
    if files.fileExists(atPath: path.string), !files.isWritableFile(atPath: path.string) {
        try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path.string)
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path.string))
}

/// Makes a symbolic link.
package func plantLink(_ path: FilePath, to target: FilePath) throws {
    try FileManager.default.createSymbolicLink(atPath: path.string, withDestinationPath: target.string)
}

/// The bytes of a file; nil where it cannot be read.
package func contents(_ path: FilePath) -> [UInt8]? {
    FileManager.default.contents(atPath: path.string).map { [UInt8]($0) }
}

/// Removes a file, or a directory with all it holds.
package func removeTree(_ path: FilePath) throws {
    try FileManager.default.removeItem(atPath: path.string)
}
