extension Verifier {
    /// Whether the root that is remembered vouches for this journal, all of whose lines were accepted: it opened it,
    /// or it was enrolled later and then started an epoch.
    ///
    /// An enrolment alone says nothing: the proof of possession binds the journal's id, which is anyone's to choose,
    /// and it stands in the journal for anyone to copy. Only `journal.opened` and `epoch.started` commit the root that
    /// signs them to the lines before (journal-format.md, "The pinned root").
    ///
    /// A root that was replaced without its own consent vouches for nothing any more: who remembers it has to learn of
    /// the new one from a person.
    package func checkRoot() throws(DamageError) {
        guard let pinnedRoot, !vouchingRoots.contains(pinnedRoot) else { return }
        if let replacement = replacements.first(where: { $0.setAside.contains(pinnedRoot) }) {
            throw DamageError(record: replacement.record, .rootReplaced)
        }
        throw DamageError(record: 1, .root)
    }
}
