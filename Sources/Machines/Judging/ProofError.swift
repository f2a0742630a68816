package import JournalFormat
package import SystemPackage

/// Why nothing was proven, or a proof shows nothing.
package enum ProofError: OperationError {
    case headUnreadable(_ file: String, Reason)
    case refused(FilePath, ProofCheckError)
    case noRecord(Int, size: Int)
    /// No checkpoint covers the record, and none can be signed here.
    case notCovered(by: Int)
}

extension ProofError {
    /// Two heads that one sequencer signed, for somebody else to check: as they were signed.
    package var evidence: String? {
        switch self {
        case .refused(_, .fork(let older, let newer)), .refused(_, .cut(_, let older, let newer)):
            older.note + newer.note
        default: nil
        }
    }

    package var description: String {
        switch self {
        case .headUnreadable(let file, let reason): "\(file): \(reason.explanation)"
        case .refused(let path, let failure): "\(path): \(failure)"
        case .noRecord(let seq, let size): "there is no record \(seq); the journal has \(size)"
        case .notCovered(let size): "the last checkpoint covers \(size) records, too few"
        }
    }

    package var hint: String? {
        switch self {
        case .refused(_, .format): "devjournal prove prints proofs"
        case .refused(_, .noHead): "--head FILE names the file of the older checkpoint"
        case .refused(_, .cut): "a person decides on that: devjournal witness accept"
        case .refused(_, .fork): "keep both heads: they prove that one sequencer signed two histories"
        case .notCovered: "devjournal checkpoint on the server signs a new one"
        case .headUnreadable, .noRecord, .refused: nil
        }
    }

    package var kind: FailureKind {
        switch self {
        case .refused(_, .noHead): .usage
        case .headUnreadable, .refused: .damaged
        case .noRecord, .notCovered: .notFound
        }
    }
}
