internal import JournalFormat

/// An import begins a journal's artifacts: afterwards they come one by one, each with its own events.
func decideImport(
    _ manifest: ManifestImport, _ state: BackupState, _ thisMonth: Label
) throws(Refused) -> [NewEvent] {
    if state.importedManifest?.sha256 == manifest.source.sha256 { return [] }
    guard state.order.isEmpty else {
        throw Refused(
            "the journal has \(state.order.count) registered artifacts already, so no manifest is imported",
            hint: "a manifest is imported once, into a journal without artifacts")
    }
    guard !manifest.rows.isEmpty else { throw Refused("the manifest holds no artifact") }
    var labels: Set<Label> = []
    for row in manifest.rows {
        let label = row.name.label
        guard label.dataset == state.dataset else { throw Refused("\(label) is not of data set \(state.dataset)") }
        try requireNotFuture(label, thisMonth)
        try state.refuseBeforeSuccession(label)
        try refuseWithdrawn(row.sha256, state)
        guard labels.insert(label).inserted else { throw Refused("\(label) stands in the manifest twice") }
        if let parent = row.name.kind.parent, !labels.contains(parent) {
            throw Refused("\(label) needs \(parent), which is not in the manifest before it")
        }
    }
    return ManifestImported.event(manifest)
}
