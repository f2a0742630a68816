import DurableFiles
package import Machines

/// Where a restore works on the machine.
extension ServerTree {
    /// What is received there; root's own.
    package func snapshots(_ subvolumes: any SubvolumeCalls = KernelSubvolumes()) -> SnapshotDirectory {
        SnapshotDirectory(
            received, staging: received.sibling("receiving"), compared: received.sibling("compared"), effects,
            subvolumes)
    }
}

extension Machine {
    /// Next to the server's working copy.
    package var keptCopies: KeptCopies {
        KeptCopies(
            code: self.code,
            places: [
                .init(path: server.received, keepsPower: self.keepsPower),
                .init(path: self.snapshots, keepsPower: true),
            ])
    }

    /// The server's working copy.
    package func workingCopy(_ subvolumes: any SubvolumeCalls = KernelSubvolumes()) -> WorkingCopy {
        WorkingCopy(code: self.code, snapshots: server.received, keepsPower: self.keepsPower, effects, subvolumes)
    }
}
