package import Backup
import DurableFiles
package import SystemPackage

/// Looks at the room on a disk before a step that writes something large: what cannot fit is refused at once, with
/// nothing half written. A disk may still fill up meanwhile; each step deals with that, too.
package struct SpaceCheck {
    /// Nil on a workstation, which keeps none.
    private let reserve: SpaceReserve?
    private let reporter: any Reporter

    /// For what is written on the server.
    package static func server(_ machine: Machine) -> SpaceCheck {
        SpaceCheck(reserve: machine.reserve, reporter: machine.reporter)
    }
    /// For what is written on the workstation.
    package static func workstation(_ machine: Machine) -> SpaceCheck {
        SpaceCheck(reserve: nil, reporter: machine.reporter)
    }

    /// What a person can say of an estimate.
    package struct Override {
        /// The command that says it.
        package let command: String
        package let isGiven: Bool

        package init(command: String, isGiven: Bool) {
            self.command = command
            self.isGiven = isGiven
        }
    }

    /// - Parameter override: where the need is an estimate.
    /// - Parameter instead: what else can be done than to make room.
    package func require(
        _ need: SpaceNeed, in directory: FilePath, override: Override? = nil, instead: String? = nil
    ) throws {
        if override?.isGiven ?? false { return }
        let space = try FileSystemSpace(holding: directory)
        let kept = reserve?.bytes(ofTotal: space.total) ?? 0
        guard need.bytes > 0, let refusal = need.refusal(free: space.free, reserve: kept) else { return }
        let other = instead ?? (kept > 0 ? "lower RESERVE_BYTES in the configuration" : nil)
        throw MachineError.noRoom(
            refusal, in: directory,
            instead: (other.map { ", or \($0)" } ?? "")
                + (override.map { ", or try it anyway: \($0.command)" } ?? ""))
    }

    /// The same for snapshots that are received and looked at while they come (`StagingSpace`): where the file system
    /// compresses they may take much less than their streams say.
    ///
    /// - Parameter least: what they take at least, by how far their artifacts were compressed.
    package func requireReceiving(
        _ need: SpaceNeed, least: Int, in directory: FilePath, override: Override
    ) throws {
        do {
            try require(need, in: directory, override: override)
        } catch {
            guard compressesWrites(holding: directory) else { throw error }
            let least = SpaceNeed(need.purpose, bytes: least, estimate: "the size of its artifacts")
            try require(least, in: directory, override: override)
            let most = Plain.bytes(need.bytes)
            reporter.say("\(need.purpose) needs up to \(most); the file system compresses, so it is tried")
        }
    }

    /// The same for files that are to be moved into directories: what a rename brings there takes no room.
    package func requireMoving(_ purpose: String, _ moves: [(file: FilePath, directory: FilePath)]) throws {
        var bytes = 0
        for move in moves where try !canRename(move.file, into: move.directory) {
            bytes += try Int(attempt("look at", move.file) { try move.file.stat(followTargetSymlink: false).size })
        }
        guard let directory = moves.first?.directory else { return }
        try require(SpaceNeed(purpose, bytes: bytes), in: directory)
    }
}
