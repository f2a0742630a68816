package import Artifacts
import Digest
package import Machines
import Restoring
import Sealing
import TreeHash

/// What sealing asks of the snapshots on this machine's Btrfs.
extension MonthSealing.Snapshots {
    package static func ofThisMachine(_ machine: Machine) -> MonthSealing.Snapshots {
        .init(
            uuid: { path in
                guard let subvolume = try await Btrfs(machine.effects.programs).show(path), subvolume.isReadOnly else {
                    return nil
                }
                return subvolume.receivedUUID ?? subvolume.uuid
            },
            list: { title, path, listing in
                try await TreeHash.shown(title, of: path, by: machine.reporter, into: listing).digest.hex
            })
    }
}
