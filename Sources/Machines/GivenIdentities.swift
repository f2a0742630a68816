package import Age
import DurableFiles
package import Sodium
package import SystemPackage

/// The age identities of a file that a person names: an identity file, or one that is encrypted with a passphrase, such as
/// a recovery kit.
package enum GivenIdentities {
    private static let longestFile = 1 << 20

    /// A file that somebody names is read as it is, as stock age does; a pipe is as good as a file. Of a file that others
    /// can read it warns.
    ///
    /// - Parameter passphrase: asked for only if the file is encrypted.
    package static func read(
        _ path: FilePath, _ reporter: any Reporter, passphrase: () throws -> SecretBytes
    ) throws -> [AgeIdentity] {
        var bytes = try Account.given(path, limit: longestFile)
        defer { bytes.wipe() }
        if let status = try? path.stat(), status.type == .regular,
            !status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
        {
            reporter.warn("others can read \(path)")
        }
        guard AgeFile.isAgeFile(bytes.span) else { return try AgeKeyFiles.parse(bytes, path) }
        do { return try AgeIdentityFile.decrypt(bytes.span, passphrase: try passphrase()) } catch let error as AgeError
        {
            throw MachineError.ageIdentityUnreadable(path, "\(error)")
        }
    }
}
