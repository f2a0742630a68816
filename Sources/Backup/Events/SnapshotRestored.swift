internal import JournalFormat

/// `snapshot.restored`: a label's snapshot was received, by the server or by a workstation, and that machine says it.
struct SnapshotRestored: ProjectedEvent {
    static let type = CoreEventType.snapshotRestored
    static let maker = EventMaker.command("restore")
    static let wording = EventWording {
        [$0.text("label"), "at", $0.text("path")]
    } ofLabel: { _ in
        "restored"
    }

    let label: Label
    let path: String
    /// Of what was received.
    let uuid: String?
    /// The one that the snapshot had where it was taken.
    let receivedUUID: String?

    init(_ members: EventMembers) throws(ProjectionError) {
        label = try members.label()
        path = try members.text("path")
        uuid = members.optional("uuid")
        receivedUUID = members.optional("received_uuid")
    }

    func isLate(in state: BackupState) -> Bool {
        guard state.isWithdrawn(label) else { return false }
        guard let entry = state.entries[label] else { return true }
        // The label was registered again: only that artifact's own snapshot is its.
        guard let receivedUUID, let uuid = entry.stream?.uuid else { return false }
        return receivedUUID != uuid
    }

    func change(_ state: inout BackupState, in record: Record) {
        // What a workstation has restored stands on the workstation.
        guard record.event.author == record.kid else { return }
        state.restored[label] = path
        state.restoredUUIDs[label] = uuid
        state.receivedUUIDs[label] = receivedUUID ?? state.receivedUUIDs[label]
    }

    /// - Parameter trustsServer: nobody but the server has said what the artifact holds.
    static func event(
        _ label: Label, by role: KeyRole, uuid: String, receivedUUID: String, path: String, trustsServer: Bool
    ) -> NewEvent {
        var data: JSONObject = [
            "label": .string(label.description), "uuid": .string(uuid), "received_uuid": .string(receivedUUID),
            "path": .string(path),
        ]
        if trustsServer { data["trust_server"] = .bool(true) }
        return NewEvent(type, by: role, data)
    }
}
