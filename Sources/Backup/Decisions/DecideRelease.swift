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

/// Catalogues of the label's chain that leave the server: with them the names of all that is in these months, and nothing
/// of their contents.
func decideNames(
    _ labels: [Label], of label: Label, to destination: String, confirmed: String?, _ state: BackupState
) throws(DecisionError) -> [NewEvent] {
    let chain: [Label]
    do { chain = try RestorePlan(label, state).steps.map(\.artifact.label) } catch {
        throw DecisionError(error.description, .notFound)
    }
    if let other = labels.first(where: { !chain.contains($0) }) {
        throw DecisionError("\(label) does not need \(other)", .notFound)
    }
    return [
        RestoreReleased.event(label, chain: labels.sorted(), to: destination, confirmed: confirmed, paths: [])
    ]
}
