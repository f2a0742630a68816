import Backup
import BackupJournal
import DurableFiles
import JournalFormat
import JournalStore
package import Machines
import SystemPackage

/// What a rebuild needs, what it consults, and what is not there.
package struct RebuildExplanation {
    package enum Use: String {
        /// Without it there is no rebuild.
        case needed
        /// Looked at where it is there: it makes the answer surer.
        case consulted
        /// Not for the projections, but for bringing back what they list.
        case restoring = "for restoring"
    }

    package struct Item {
        package let name: String
        package let use: Use
        package let isThere: Bool
        package let note: String
    }

    package let items: [Item]
    /// Whether everything that is needed is there.
    package var canRebuild: Bool { items.allSatisfy { $0.use != .needed || $0.isThere } }

    package init(_ machine: Machine) throws {
        let server = machine.server
        func item(_ path: FilePath, _ use: Use, _ what: String, missing: String) -> Item {
            let isThere = pathExists(path)
            return Item(name: path.string, use: use, isThere: isThere, note: isThere ? what : missing)
        }
        let segments = try server.journal.segmentNames() ?? []
        var items = [
            Item(
                name: server.journal.path.string, use: .needed, isThere: !segments.isEmpty,
                note: segments.isEmpty
                    ? "the journal is lost: devjournal rebuild --from-mirror --kit FILE brings it back"
                    : "the only source: \(Plain.counted(segments.count, "segment"))"),
            item(
                server.rootFingerprint, .consulted, "the root that must have opened the journal",
                missing: "whose journal this is was believed from record 1"),
            item(
                server.journal.checkpointPath, .consulted, "a signed head that the journal must reach",
                missing: "no signed head to check the journal against: devjournal checkpoint makes one"),
        ]
        items += ProjectionFiles.names.map { name in
            item(
                server.manifests.appending(name), .consulted, "a projection: compared by --check, else written again",
                missing: "a projection: written again")
        }
        items.append(
            item(
                server.sequencerKey, .restoring, "to append", missing: "without it this machine can only read"))
        items.append(
            item(
                server.ageIdentity, .restoring, "to decrypt artifacts", missing: "it is also in the recovery kit"))
        items += Self.artifacts(machine)
        self.items = items
    }

    /// The files of the registered artifacts, where the journal can be read.
    private static func artifacts(_ machine: Machine) -> [Item] {
        guard let state = try? machine.state() else { return [] }
        return state.order.compactMap { state.entries[$0] }.map { entry in
            let path = machine.server.root.appending(entry.localPath)
            let elsewhere = entry.objectKey.map { _ in "devjournal fetch \(entry.artifact.label) brings it" }
            let isThere = pathExists(path)
            return Item(
                name: path.string, use: .restoring, isThere: isThere,
                note: isThere ? "\(entry.artifact.label)" : elsewhere ?? "it is nowhere else")
        }
    }

    package static let notConsulted = [
        "the mirror and the recovery kit (only with --from-mirror)",
        "heads that a witness remembers (devjournal verify --head FILE)",
    ]

    package var missing: [Item] { items.filter { !$0.isThere } }
}
