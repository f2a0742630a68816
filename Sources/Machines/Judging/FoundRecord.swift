package import JournalFormat
import JournalStore

/// One record, with what its journal says of the keys until then.
package struct FoundRecord {
    package let record: Record
    /// As it stands in the journal.
    package let line: String
    package let keyring: Keyring

    /// - Parameter seq: from 1 on.
    package init(_ seq: Int, in journal: ReadableJournal) throws {
        var found: (record: Record, line: String)?
        // Reading up to this record and no further makes it the head, whose signatures are checked.
        let replay = try journal.replay(upTo: seq, signatures: .all) { record, line in
            if record.seq == seq { found = (record, String(copying: line)) }
        }
        guard let found else { throw FoundRecordError.noRecord(seq, size: replay.verifier.size) }
        (record, line) = found
        keyring = replay.verifier.keyring
    }
}

package enum FoundRecordError: OperationError {
    case noRecord(Int, size: Int)
}

extension FoundRecordError {
    package var description: String {
        switch self {
        case .noRecord(let seq, let size): "there is no record \(seq); the journal has \(size)"
        }
    }

    package var hint: String? { "devjournal log lists them" }
    package var kind: FailureKind { .notFound }
}
