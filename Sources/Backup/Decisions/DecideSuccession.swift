internal import JournalFormat

extension Succession {
    /// - Parameters:
    ///   - state: what the old lines add up to.
    ///   - thisMonth: a label beyond it, as a stolen workstation may have had registered, must not end the new journal's
    ///     months before they begin.
    /// - Throws: they are another data set's.
    package init(
        of old: Head, _ state: BackupState, dataset: String, source: Source, reason: String, thisMonth: Label
    ) throws(Refused) {
        guard state.dataset == dataset else {
            throw Refused(
                "the lines are of data set \(state.dataset), not \(dataset)",
                hint: "a data set is succeeded by one of the same name")
        }
        guard !reason.isEmpty, !reason.utf8.contains(where: { $0 < 0x20 }) else {
            throw Refused("a reason is one line of text")
        }
        self.init(
            old: old, lastTime: state.lastTime,
            lastLabel: state.order.last { $0.month <= thisMonth.month } ?? state.succession?.lastLabel,
            artifacts: state.entries.count, bytes: state.entries.values.reduce(0) { $0 + $1.artifact.bytes },
            recipients: state.recipients, stores: Set(state.entries.values.compactMap(\.store)).sorted(),
            source: source, reason: reason)
    }
}

extension BackupState {
    /// The newest label that was ever registered: here, or in the journal that this one succeeds.
    package var lastLabel: Label? { latest ?? succession?.lastLabel }

    /// Labels continue from the old journal's last one. That month itself may be taken again, as the new anchor: nothing
    /// of the old artifact can be opened, and its snapshot may still be on the workstation.
    func refuseBeforeSuccession(_ label: Label) throws(Refused) {
        guard let last = succession?.lastLabel, label < last else { return }
        throw Refused(
            "\(label) is before \(last), the last month of the journal that this one succeeds: labels only grow",
            hint: "nothing is backfilled; \(last) itself may be taken again")
    }
}
