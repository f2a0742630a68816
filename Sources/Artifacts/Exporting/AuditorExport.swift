import DurableFiles
import Glibc
package import JournalFormat
package import Machines
package import SystemPackage

/// Makes a bundle for an auditor where a person wants it, complete or not there at all.
package struct AuditorExport {
    package struct Result {
        package let path: FilePath
        package let records: Int
        package let root: KeyID
        /// The last record's hash in hexadecimal.
        package let head: String
    }

    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// - Parameter place: a directory that is made, or an archive where the name ends in `.tar`.
    package func run(to place: String) throws -> Result {
        let target = FilePath(place)
        guard let name = target.lastComponent?.string else { throw ExportError.notAName(place) }
        if Account.asCaller({ pathExists(target) }) { throw ExportError.isThere(target) }
        let bundle = try AuditorBundle(machine)
        // Nothing has the final name before it is complete and on the disk.
        let unfinished = target.sibling(".\(name).\(getpid()).new")
        do {
            if name.hasSuffix(".tar") {
                try bundle.writeArchive(unfinished, top: String(name.dropLast(4)))
            } else {
                try bundle.writeDirectory(unfinished)
            }
            try Account.asCaller { try renameToNewName(unfinished, target) }
        } catch {
            Account.asCaller { AuditorBundle.remove(unfinished) }
            throw error
        }
        return Result(path: target, records: bundle.records, root: bundle.root, head: bundle.head)
    }
}
