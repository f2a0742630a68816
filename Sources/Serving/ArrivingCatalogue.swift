import Backup
import DurableFiles
import SystemPackage

/// A catalogue that a workstation sends on standard input while it asks for its artifact's registration: no more of it is
/// taken than was announced, and none that stops coming.
enum ArrivingCatalogue {
    /// Bytes that one may have. How many its listing takes follows from the tree, not from the length of the stream: this
    /// is enough for 10,000,000 objects.
    static let longest = 1 << 30

    /// Copies it into the incoming directory. Whether it is what was announced is for the caller to see.
    static func receive(
        _ catalogue: ArtifactCatalogue, as path: FilePath, from message: borrowing ServedClient.Message
    ) throws {
        let file = try OpenFile(
            path, .writeOnly, options: [.create, .truncate, .noFollow], permissions: .ownerReadWrite)
        do throws(FileFailure) {
            let count = try message.copy(to: file, limit: catalogue.bytes)
            try file.close()
            // A part is of no use, and nothing at all is what a workstation sends that has none.
            if count < catalogue.bytes { try removeFile(path) }
        } catch {
            guard error.errno == .timedOut else { throw error }
            throw ServingError.catalogueStopped
        }
    }
}
