package import SystemPackage

/// Copies a file's content to a name that must be free, durably. What failed half-way is left for the caller.
package func copyFile(
    _ source: FilePath, to target: FilePath, permissions: FilePermissions
) throws(FileFailure) {
    let input = try OpenFile(regular: source, .readOnly)
    let output = try OpenFile(
        target, .writeOnly, options: [.create, .exclusiveCreate], permissions: permissions)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var count: Int
    repeat {
        count = try input.read(into: &buffer)
        try output.write(buffer.span.extracting(0..<count))
    } while count > 0
    try output.synchronize()
}
