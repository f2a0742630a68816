import Backup
import DurableFiles
import Glibc
import SystemPackage

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
