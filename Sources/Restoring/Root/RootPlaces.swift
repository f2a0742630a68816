import DurableFiles
package import Machines
import SystemPackage

/// The places where root works on paths: nobody else may be able to put another file or directory there. What fails this
/// check is refused before anything is done; for an ordinary user there is nothing to steer, and nothing is checked.
package struct RootPlaces {
    private let machine: Machine
    private let isRoot: Bool

    /// - Parameter isRoot: whose this process is.
    package init(_ machine: Machine, isRoot: Bool = DurableFiles.isRoot) {
        self.machine = machine
        self.isRoot = isRoot
    }

    package func requireWorkstation() throws {
        guard isRoot else { return }
        try requireConfiguration()
        let state = machine.workstationState
        for directory in [state, state.appending("ssh")] { try require(directory, hint: nil) }
        try require(machine.snapshots, hint: "sudo init_WS.sh moves the snapshots to a place of root's own")
    }

    package func requireServer() throws {
        guard isRoot else { return }
        try requireConfiguration()
        let snapshots = machine.server.snapshots()
        for directory in [snapshots.path, snapshots.staging] {
            try require(directory, hint: "init_LS.sh, run again, gives LS_ROOT back to root")
        }
    }

    private func requireConfiguration() throws {
        guard let file = machine.file else { return }
        do throws(RootsOwnPlaceError) { try requireRootsOwn(file: file) } catch {
            throw RootPlaceError(error, hint: nil)
        }
    }

    private func require(_ directory: FilePath, hint: String?) throws {
        do throws(RootsOwnPlaceError) {
            try requireRootsOwn(directory: directory)
        } catch {
            throw RootPlaceError(error, hint: hint)
        }
    }
}
