import Backup
import Digest
import DurableFiles
import Glibc
import JournalFormat
import SystemPackage

/// Takes the catalogue that was sealed with an artifact into the repository: a copy that is ours alone, held against the
/// hash in the sealed event, under its place in `catalogues/` before anything is recorded of it.
struct CatalogueRegistration {
    private let server: ServerTree

    init(_ server: ServerTree) {
        self.server = server
    }

    /// Changes nothing where it is there already.
    ///
    /// - Parameters:
    ///   - source: where it has arrived; it stays where it is.
    ///   - isNeeded: whether it is an error that it has not.
    func take(_ sealing: BackupState.Sealing, from source: FilePath, isNeeded: Bool) throws {
        guard let catalogue = sealing.stream.catalogue else { return }
        let label = sealing.artifact.label
        let target = server.catalogue(of: label)
        if try isSound(target, catalogue) { return }
        guard pathExists(source) else {
            if !isNeeded { return Terminal.warn("the catalogue of \(label) is missing or damaged") }
            throw Complaint(
                "the catalogue of \(label) has not arrived",
                hint: "hand it over with the artifact: \(label.catalogueName) is beside it", .incomplete)
        }
        try makeDirectories(target.removingLastComponent())
        let fresh = try FreshCopy(of: source, for: target)
        if try !fresh.clone() { try fresh.copy() }
        try fresh.finish()
        guard try isSound(fresh.path, catalogue) else {
            throw Complaint(
                "\(source) is not the catalogue that was sealed with \(sealing.artifact.name)",
                hint: "hand it over again", .damaged)
        }
        if pathExists(target) {
            // Damaged, or of a sealing that came to nothing.
            if let aside = try ArtifactFile.replaceDamaged(target, by: fresh.path) {
                Terminal.say("\(target) was another one; it is kept as \(aside)")
            }
            fresh.wasRenamed()
        } else {
            try fresh.rename(to: target)
        }
    }

    private func isSound(_ path: FilePath, _ catalogue: BackupEvent.Catalogue) throws -> Bool {
        guard let status = try? path.stat(followTargetSymlink: false), status.type == .regular,
            Int(status.size) == catalogue.bytes
        else { return false }
        return try ArtifactFile.hash(path).sha256.hex == catalogue.sha256
    }
}

/// A catalogue that a workstation sends on standard input while it asks for its artifact's registration: no more of it is
/// taken than was announced, and none that stops coming.
struct ArrivingCatalogue {
    /// Seconds without a byte after which nobody waits any more.
    private static let patience: Int32 = 60

    /// Copies it into the incoming directory. Whether it is what was announced is for the caller to see.
    static func receive(_ catalogue: BackupEvent.Catalogue, as path: FilePath) throws {
        let file = try OpenFile(
            path, .writeOnly, options: [.create, .truncate, .noFollow], permissions: .ownerReadWrite)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var left = catalogue.bytes
        while left > 0 {
            let count = min(left, try readSome(&buffer))
            if count == 0 { break }
            try file.write(buffer.span.extracting(0..<count))
            left -= count
        }
        try file.close()
        // A part is of no use, and nothing at all is what a workstation sends that knows no catalogues.
        if left > 0 { try removeFile(path) }
    }

    private static func readSome(_ buffer: inout [UInt8]) throws -> Int {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&waiting, 1, patience * 1000) > 0 else {
            throw Complaint("the catalogue stopped coming", hint: "run it again", .incomplete)
        }
        return try attempt("read", "standard input") {
            try unsafe buffer.withUnsafeMutableBytes { try unsafe FileDescriptor.standardInput.read(into: $0) }
        }
    }
}
