import DurableFiles
import Machines
import SystemPackage

/// The places where root works on paths: nobody else may be able to put another file or directory there. What fails this
/// check is refused before anything is done; for an ordinary user there is nothing to steer, and nothing is checked.
struct RootPlaces {
    private let machine: Machine

    init(_ machine: Machine) { self.machine = machine }

    func requireWorkstation() throws {
        guard isRoot else { return }
        try requireConfiguration()
        let state = machine.workstationState
        for directory in [state, state.appending("ssh")] { try require(directory, hint: nil) }
        try require(machine.snapshots, hint: "sudo init_WS.sh moves the snapshots to a place of root's own")
    }

    func requireServer() throws {
        guard isRoot else { return }
        try requireConfiguration()
        let snapshots = machine.server.snapshots
        for directory in [snapshots.path, snapshots.staging] {
            try require(directory, hint: "init_LS.sh, run again, gives LS_ROOT back to root")
        }
    }

    private func requireConfiguration() throws {
        guard let file = machine.file else { return }
        do throws(RootsOwnPlaceError) { try requireRootsOwn(file: file) } catch {
            throw Self.complaint(error, hint: nil)
        }
    }

    private func require(_ directory: FilePath, hint: String?) throws {
        do throws(RootsOwnPlaceError) {
            try requireRootsOwn(directory: directory)
        } catch {
            throw Self.complaint(error, hint: hint)
        }
    }

    private static func complaint(_ error: RootsOwnPlaceError, hint: String?) -> Complaint {
        var complaint = Complaint(error)
        guard case .steerable(let path) = error else { return complaint }
        if path.reason == .link, let target = throughFirstLink(path.path) {
            complaint.hint = "name the real path in the configuration: \(target)"
        } else if let hint {
            complaint.hint = hint
        }
        return complaint
    }
}

extension SteerablePath {
    /// What mends it.
    var hint: String {
        switch reason {
        case .link: "name the real path, or make it a directory"
        case .notDirectory, .notFile: "move it away"
        case .owner: "chown root \(component), or name a place whose directories are all root's"
        case .writable: "chmod go-w \(component), or name a place that only root may write"
        }
    }
}
