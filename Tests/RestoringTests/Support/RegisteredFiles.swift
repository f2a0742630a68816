import Backup
import JournalFormat
import JournalStore
import Machines
import ScratchSpace
import SystemPackage
import TestMachines

extension TestMachine {
    /// Seals an artifact and registers it: a file of that content under its place in the repository.
    ///
    /// - Parameters:
    ///   - uuid: the end of another UUID of the snapshot than the month's.
    ///   - key: who says so; nil for the workstation.
    func register(
        _ name: ArtifactName, _ content: String, tree: String? = nil, uuid: String? = nil, by key: JournalKey? = nil
    ) throws {
        let label = name.label
        let usual = sealing(of: name, content)
        let prefix = "00000000-0000-0000-0000-0000000000"
        let stream = ArtifactStream(
            uuid: uuid.map { prefix + $0 } ?? usual.stream.uuid, parentUUID: usual.stream.parentUUID,
            bytes: usual.stream.bytes, tree: tree, frames: usual.stream.frames)
        if try state().snapshots[label]?.uuid != stream.uuid {
            let (snapshot, details) = taken(label, stream.uuid)
            try say(.recordSnapshot(snapshot, details: details), key)
        }
        let sealing = NewSealing(
            artifact: usual.artifact, stream: stream, streamVersion: usual.streamVersion, recipients: usual.recipients,
            tools: usual.tools)
        try say(.recordSealing(sealing), key)
        try record(.register(name, bytes: content.utf8.count, sha256: Self.sha256(content)))
        guard let entry = try state().entries[label] else { return }
        try plant(server.root.appending(entry.localPath), Array(content.utf8))
    }

    private func say(_ command: Command, _ key: JournalKey?) throws {
        var journal = try machine.openJournal(.reading)
        _ = try machine.record(command, in: &journal, author: key ?? author)
    }
}

private func taken(_ label: Label, _ uuid: String) -> (Snapshot, details: JSONObject) {
    let path = "/snapshots/\(label)"
    let details: JSONObject = [
        "label": .string(label.description), "uuid": .string(uuid), "path": .string(path),
    ]
    return (Snapshot(label: label, uuid: uuid, path: path), details)
}
