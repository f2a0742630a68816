package import Backup
import DurableFiles
package import Machines
package import SystemPackage

/// The catalogues that this workstation has made, not encrypted, for its owner alone.
package struct ClearCatalogues {
    private let directory: FilePath

    package init(_ machine: Machine) {
        directory = machine.workstationState.appending("catalogues")
    }

    package func path(of label: Label) -> FilePath { directory.appending("\(label).catalogue.zst") }

    /// Makes their directory, too.
    func newPath(of label: Label) throws(FileFailure) -> FilePath {
        try makeDirectories(directory, permissions: 0o700)
        return path(of: label)
    }
}
