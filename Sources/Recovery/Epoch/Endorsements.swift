import Backup
import JournalFormat
import JournalStore

/// The lines that the workstations gave back, all for one replacement.
struct Endorsements {
    let replacement: RootReplacement
    private let log: EventID
    private let given: [RootEndorsement]

    init(_ lines: [String]) throws(EpochError) {
        var parsed: [EndorsedRoot] = []
        for line in lines {
            guard let one = EndorsedRoot(line) else { throw .notAnEndorsement }
            parsed.append(one)
        }
        guard let first = parsed.first,
            parsed.allSatisfy({ $0.log == first.log && $0.replacement == first.replacement })
        else { throw .endorsementsDiffer }
        (log, replacement, given) = (first.log, first.replacement, parsed.map(\.endorsement))
    }

    /// Each active author's, where this is the journal and the place that they were made for.
    func inOrder(of replay: borrowing Replay) throws(EpochError) -> [RootEndorsement] {
        guard replay.verifier.log == log else { throw .endorsementOfOtherJournal }
        guard replay.verifier.size == replacement.baseSize, replay.verifier.head == replacement.baseHead else {
            throw .endorsedBefore(size: replacement.baseSize, now: replay.verifier.size)
        }
        let authors = replay.verifier.keyring.active(.author)
        for one in given where !authors.contains(where: { $0.id == one.author }) {
            throw .mayNotEndorse(one.author)
        }
        var endorsements: [RootEndorsement] = []
        for author in authors {
            guard let one = given.first(where: { $0.author == author.id }) else {
                throw .notEndorsed(by: author.name, author.id)
            }
            guard replacement.isEndorsed(by: author.key, one.signature, log: log) else {
                throw .endorsementNotSigned(by: author.name)
            }
            endorsements.append(one)
        }
        return endorsements
    }
}
