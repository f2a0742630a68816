internal import Glibc
package import SystemPackage

/// Reads a file that holds a secret. Refused where it is a symbolic link, not a plain file, not ours, or where
/// others can read it: the error then names `EACCES`.
///
/// - Parameter user: who may own it besides root; this process's user unless told.
package func readPrivateFile(_ path: FilePath, limit: Int, owner user: UInt32? = nil) throws(FileFailure) -> [UInt8] {
    // A pipe would be waited for.
    let file = try OpenFile(path, .readOnly, options: [.noFollow, .nonBlocking])
    let status = try attempt("look at", path) { try file.descriptor.stat() }
    guard status.type == .regular else {
        throw FileFailure("use", path, .invalidArgument, hint: "a secret is kept in a plain file")
    }
    let owner = status.userID.rawValue
    guard owner == user ?? geteuid() || owner == 0 else {
        throw FileFailure(
            "use", path, .permissionDenied,
            hint: "this secret is another user's, of number \(owner): give it to yours (chown), or be that user")
    }
    guard status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute]) else {
        throw FileFailure("use", path, .permissionDenied, hint: "others can read this secret: chmod 600 \(path)")
    }
    let bytes = try file.readToEnd(limit: limit)
    try file.close()
    return bytes
}
