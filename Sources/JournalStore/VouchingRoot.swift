internal import JournalFormat

extension JournalDirectory {
    /// A root enrolled later vouches for the journal in a record that a partial replay may not have reached: then the
    /// rest is read, too. One that was replaced later vouches for what was read before, which is all that was asked for.
    func requireRoot(of partial: borrowing Replay) throws(JournalError) {
        guard let pinned = partial.verifier.pinnedRoot, !partial.verifier.vouchingRoots.contains(pinned) else { return }
        _ = try replay(pinnedRoot: pinned)
    }
}
