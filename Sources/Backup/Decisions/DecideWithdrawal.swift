internal import JournalFormat

/// Longer than any sentence of a person.
private let longestReason = 1000

/// One event for each label, the newest first: wherever a crash cuts them off, what is left can still be restored, and
/// the same command withdraws the rest.
///
/// - Parameter login: who asked, as the machine has it.
func decideWithdrawal(
    _ label: Label, _ reason: String, withChildren: Bool, login: String?, _ state: BackupState
) throws(Refused) -> [NewEvent] {
    try requireDataset(label, state)
    guard !reason.isEmpty, reason.utf8.count <= longestReason,
        !reason.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
    else { throw Refused("a reason is one line of text, at most \(longestReason) bytes") }
    guard state.entries[label] != nil else {
        if state.isWithdrawn(label) { return [] }
        throw Refused("no artifact of \(label) is registered", .notFound, hint: "devjournal manifest lists what is")
    }
    let children = state.dependents(on: label)
    guard withChildren || children.isEmpty else {
        throw Refused(
            "\(label) is needed by \(Plain.list(children.map(\.description))), which could not be restored without it",
            hint: "--with-children withdraws them too")
    }
    return (children + [label]).sorted(by: >).compactMap { label in
        state.entries[label].map { ArtifactWithdrawn.event($0.artifact, because: reason, login: login) }
    }
}

/// What a registration of these bytes runs into, whatever their name: what was withdrawn once never comes back.
func refuseWithdrawn(_ sha256: String, _ state: BackupState) throws(Refused) {
    guard let withdrawal = state.withdrawals.last(where: { $0.sha256 == sha256 }) else { return }
    throw Refused(
        "this artifact was withdrawn as \(withdrawal.label) (record \(withdrawal.record)): \(withdrawal.reason)",
        hint: "what was withdrawn never comes back; seal the month again")
}
