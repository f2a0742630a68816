package import Backup
import DurableFiles
package import Machines
import SystemPackage

/// Brings the artifacts that only the mirror has to their places on the server.
package struct MirroredArtifacts {
    /// What is to be here, and what of it is not.
    package struct Plan {
        package let wanted: [Label]
        package let missing: [BackupState.Entry]
    }

    private let machine: Machine

    package init(_ machine: Machine) {
        self.machine = machine
    }

    /// - Parameter labels: as a person writes them; none for all that is registered.
    package func plan(_ labels: [String], _ state: BackupState) throws -> Plan {
        let wanted = try labels.isEmpty ? state.order : labels.map { try machine.label($0, in: state) }
        let missing = try wanted.map { label in
            guard let entry = state.entries[label] else { throw RestorePlanError.unknownLabel(label) }
            return entry
        }.filter { !pathExists(machine.server.root.appending($0.localPath)) }
        guard missing.isEmpty || machine.mirror != nil else { throw MachineError.noMirror }
        return Plan(wanted: wanted, missing: missing)
    }

    /// Brings what is missing, each with its catalogue; what one of them fails on is reported, and the others are brought.
    package func bring(_ plan: Plan) throws {
        let lock = try FileLock.ofWork(machine.server.scrubLock, "a scrub, or another fetch,")
        let repair = ArtifactRepair(machine)
        var left: [Label] = []
        for entry in plan.missing {
            guard repair.artifact(entry) else {
                left.append(entry.artifact.label)
                continue
            }
            if entry.catalogueKey != nil, try Catalogues(machine.server).condition(of: entry) == .missing {
                _ = repair.catalogue(entry)
            }
        }
        lock.unlock()
        guard left.isEmpty else { throw FetchError.notBrought(left) }
    }
}
