package import JournalFormat
package import Machines
package import SystemPackage

/// Why no server was made: what is there already, what an interrupted init has left, the journal that is to be succeeded.
package enum InitError: OperationError {
    case kitThere(FilePath)
    case kitNotOpened(FilePath, _ why: String, journal: FilePath)
    case kitMissing(FilePath, journal: FilePath)
    case succeedsNone(journal: FilePath)
    case mirrorOccupied(String, dataset: String, by: String)
    case mirrorOfPredecessor(String, isOld: Bool)
    case oldAgeKey(FilePath)
    case noRecords(FilePath)
    case cutLine(FilePath)
    /// The lines of the journal that is to be succeeded.
    case linesDamaged(DamageError, FilePath, root: KeyID)
    case otherLines(FilePath)
}

extension InitError {
    package var description: String {
        switch self {
        case .kitThere(let path): "\(path) is there already"
        case .kitNotOpened(let path, let why, _): "\(path), the kit of an init that was interrupted: \(why)"
        case .kitMissing(let path, let journal): "an init was interrupted in \(journal), and its kit is not at \(path)"
        case .succeedsNone(let journal): "the journal that an init has begun in \(journal) succeeds no other"
        case .mirrorOccupied(let url, let dataset, let key):
            "the mirror \(url) holds something of \(dataset) already: \(key)"
        case .mirrorOfPredecessor(let url, let isOld):
            "the mirror \(url) holds \(isOld ? "the journal that is succeeded" : "a journal already")"
        case .oldAgeKey(let path): "the age key of the old journal is here: \(path)"
        case .noRecords(let file): "\(file) holds no record"
        case .cutLine(let file): "\(file) ends in the middle of a line"
        case .linesDamaged(let damage, let file, let root):
            switch damage.reason {
            case .root: "no root with the fingerprint \(root) vouches for the lines in \(file)"
            case .headFormat, .headSignature, .shorterThanHead, .fork:
                "the lines in \(file) do not hold what is remembered of them: \(damage)"
            default: "the lines in \(file) are damaged or forged: \(damage)"
            }
        case .otherLines(let path): "\(path) holds other lines"
        }
    }

    package var hint: String? {
        switch self {
        case .kitThere:
            "move it away, or name another file with --kit; no journal knows it if init was interrupted"
        case .kitNotOpened(_, _, let journal): "if that is lost: \(Self.startAgain(journal))"
        case .kitMissing(_, let journal): "name that kit with --kit; if it is lost: \(Self.startAgain(journal))"
        case .succeedsNone(let journal): Self.startAgain(journal)
        case .mirrorOccupied(let url, _, _):
            "give this journal a place of its own, such as MIRROR=\(url)/2; to bring back the journal that is there: "
                + "devjournal rebuild --from-mirror --kit KIT"
        case .mirrorOfPredecessor(let url, _):
            "it stays as it is; give the new one a prefix of its own, such as MIRROR=\(url)/2"
        case .oldAgeKey:
            "what is in its mirror can be opened with it and stock age; move the key away to begin again all the same"
        case .noRecords: nil
        case .cutLine: "copy the replica's segments again, whole"
        case .linesDamaged(let damage, _, _):
            switch damage.reason {
            case .root: "the workstation's replica.pin holds the one that it remembers"
            case .headFormat, .headSignature, .shorterThanHead, .fork:
                "take lines and heads from the same workstation, the lines first"
            default: "copy the replica's segments again, from the first on: cat replica/*.jsonl"
            }
        case .otherLines: "move it away by hand"
        }
    }

    private static func startAgain(_ journal: FilePath) -> String {
        "move the kit and \(journal) away, which nobody has used yet, and run it again"
    }

    package var kind: FailureKind {
        switch self {
        case .kitThere, .kitMissing, .succeedsNone, .mirrorOccupied, .mirrorOfPredecessor, .oldAgeKey, .otherLines:
            .refused
        case .kitNotOpened: .wrongKey
        case .noRecords, .cutLine, .linesDamaged: .damaged
        }
    }
}
