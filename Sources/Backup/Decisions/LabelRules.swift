/// Labels only grow; only what is registered counts, whatever was sealed or taken.
func requireGrowth(_ label: Label, _ state: BackupState) throws(Refused) {
    guard let latest = state.latest, label <= latest else { return }
    throw Refused(
        "\(label) is not after \(latest): labels only grow", hint: "nothing is backfilled. \(withdrawHint(latest))")
}

/// The way on from what should never have been registered.
func withdrawHint(_ label: Label) -> String {
    "Where \(label) should not have been registered, on the server: devjournal withdraw \(label) --reason TEXT"
}

/// A label whose month the server has not reached: it may only be early, as from a workstation whose clock is ahead.
package func requireTime(_ label: Label, _ thisMonth: Label) throws(Refused) {
    guard label.month > thisMonth.month else { return }
    throw Refused(
        "\(label) is registered in its month at the earliest, and this is \(thisMonth.monthText)", .later,
        hint: "keep the artifact and hand it over again then; is the workstation's clock right?")
}

/// Labels count months, and the policy counts labels: one from the future would confuse every later month.
package func requireNotFuture(_ label: Label, _ thisMonth: Label) throws(Refused) {
    guard label.month <= thisMonth.month else {
        throw Refused("\(label) lies in the future: this is \(thisMonth.monthText)")
    }
}

func requireDataset(_ label: Label, _ state: BackupState) throws(Refused) {
    guard label.dataset == state.dataset else {
        throw Refused("\(label) is not of data set \(state.dataset)")
    }
}
