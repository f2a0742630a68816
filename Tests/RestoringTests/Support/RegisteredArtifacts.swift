import Backup
import Machines
import ScratchSpace
import SystemPackage
import TestMachines

extension TestMachine {
    /// Seals an artifact and registers it: a file of that content under its place in the repository.
    ///
    /// - Parameter uuid: the end of another UUID of the snapshot than the month's.
    func register(_ name: ArtifactName, _ content: String, tree: String? = nil, uuid: String? = nil) throws {
        let label = name.label
        if try state().snapshots[label] == nil { try takeSnapshot(label) }
        let usual = sealing(of: name, content)
        let prefix = "00000000-0000-0000-0000-0000000000"
        let stream = ArtifactStream(
            uuid: uuid.map { prefix + $0 } ?? usual.stream.uuid, parentUUID: usual.stream.parentUUID,
            bytes: usual.stream.bytes, tree: tree, frames: usual.stream.frames)
        try record(
            .recordSealing(
                .init(
                    artifact: usual.artifact, stream: stream, streamVersion: usual.streamVersion,
                    recipients: usual.recipients, tools: usual.tools)))
        try record(.register(name, bytes: content.utf8.count, sha256: Self.sha256(content)))
        guard let entry = try state().entries[label] else { return }
        try plant(server.root.appending(entry.localPath), Array(content.utf8))
    }
}
