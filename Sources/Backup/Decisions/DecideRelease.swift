internal import JournalFormat

/// What leaves the server for a restore elsewhere: the label's chain, or what of it the asker lacks.
func decideRelease(
    _ label: Label, after: Label?, to destination: String, confirmed: String?, paths: [String]?, _ state: BackupState
) throws(DecisionError) -> [NewEvent] {
    let steps: ArraySlice<BackupState.Entry>
    do { steps = try RestorePlan(label, state).steps(after: after) } catch {
        throw DecisionError(error.description, .notFound)
    }
    return [
        RestoreReleased.event(
            label, chain: steps.map(\.artifact.label), to: destination, confirmed: confirmed, paths: paths)
    ]
}
