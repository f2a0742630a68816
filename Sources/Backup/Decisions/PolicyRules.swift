/// An early anchor is welcome; an incremental is accepted only where the rules want one, and from the last label only.
package func checkPolicy(_ name: ArtifactName, _ state: BackupState) throws(Refused) {
    try state.refuseBeforeSuccession(name.label)
    try requireGrowth(name.label, state)
    guard let parent = name.kind.parent else { return }
    let (kind, due) = state.policy.next(name.label)
    guard let expected = kind.parent else {
        throw Refused(
            "an anchor is due for \(name.label) (rule \(due.rule)), so an incremental is refused",
            hint: "devjournal next \(name.label) says what is due and why")
    }
    guard parent == expected else {
        throw Refused("\(name.label) must be an incremental from \(expected), not from \(parent)")
    }
}

/// Why an artifact of that name is what it is.
func reason(
    _ name: ArtifactName, _ state: BackupState, lacksParent: Bool, unfitIncrement: String?
) -> AnchorReason {
    let (kind, reason) = state.policy.next(name.label)
    if kind == name.kind { return reason }
    if lacksParent, let parent = kind.parent { return .parentMissing(parent) }
    if let unfitIncrement { return .unfitIncrement(AnchorReason.shortened(unfitIncrement)) }
    return .requested
}
