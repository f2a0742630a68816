package import JournalStore

extension HeadFinding {
    /// What a person can do about it; nil where that depends on what remembers the head.
    ///
    /// - Parameter accepting: the command that gives up what a cut has lost.
    package func remedy(accepting: String) -> String? {
        switch self {
        case .cut: "devjournal rebuild --witness brings them back; \(accepting) gives them up"
        case .fork: "both signed heads were printed; keep them as evidence, and do not write to either side"
        case .shorter:
            "it was cut off or restored from an old copy: move its directory away, then devjournal rebuild "
                + "--from-mirror --kit KIT brings it back"
        case .damaged: nil
        }
    }
}
