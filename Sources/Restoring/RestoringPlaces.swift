import DurableFiles
package import Machines

/// Where a restore works on the machine.
extension ServerTree {
    /// What is received there; root's own.
    package var snapshots: SnapshotDirectory {
        SnapshotDirectory(received, staging: received.sibling("receiving"), effects)
    }
}

extension Machine {
    /// Beside the server's working copy.
    package var keptCopies: KeptCopies {
        KeptCopies(
            code: self.code,
            places: [
                .init(path: server.received, keepsPower: self.keepsPower),
                .init(path: self.snapshots, keepsPower: true),
            ])
    }

    /// The server's working copy.
    package var workingCopy: WorkingCopy {
        WorkingCopy(code: self.code, snapshots: server.received, keepsPower: self.keepsPower, effects)
    }
}
