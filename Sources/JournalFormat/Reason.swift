/// Why a journal is not sound, under the stable names that journal-format.md lists.
package enum Reason: String, Sendable, CaseIterable {
    // The bytes of a line.
    case lineTooLong = "line-too-long"
    case blankLine = "blank-line"
    case crlf
    case bom
    case utf8
    case escape
    case number
    case duplicateKey = "duplicate-key"
    case depth
    case syntax
    case envelope
    case version
    case base64

    // A line's place in the journal.
    case log
    case epoch
    case seq
    case prev
    case tsBackwards = "ts-backwards"
    case genesis
    case data
    case recordKey = "record-key"
    case unknownKey = "unknown-key"
    case retiredKey = "retired-key"
    case keyRole = "key-role"
    case recordSignature = "record-signature"
    case root
    case rootReplaced = "root-replaced"
    case eventSignature = "event-signature"
    case role
    case enrolment
    case endorsement
    case duplicateID = "duplicate-id"

    // The journal as a whole.
    case empty
    case segment
    case shorterThanHead = "shorter-than-head"
    case fork
    case checkpointFormat = "checkpoint-format"
    case checkpointSignature = "checkpoint-signature"
    case checkpointCut = "checkpoint-cut"
    case checkpointRoot = "checkpoint-root"
    case headFormat = "head-format"
    case headSignature = "head-signature"

    // Not sound only in part: the journal can be used.
    case tornTail = "torn-tail"
    case cut
    case authorSkew = "author-skew"
    case unknownType = "unknown-type"

    /// One sentence for a person.
    package var explanation: String {
        switch self {
        case .lineTooLong: "a line is longer than 65535 bytes"
        case .blankLine: "a blank line"
        case .crlf: "a line ends with CR LF"
        case .bom: "a line starts with a byte order mark"
        case .utf8: "bytes that are not UTF-8"
        case .escape: "a character escaped in another way than the format's"
        case .number: "a number that is not a plain integer up to 2^53-1"
        case .duplicateKey: "an object holds a key twice"
        case .depth: "values are nested too deep"
        case .syntax: "not the strict JSON of the format"
        case .envelope: "members of record or event are missing, in another order or of another shape"
        case .version: "an unknown format version"
        case .base64: "a signature is not canonical base64"
        case .log: "the line belongs to another journal"
        case .epoch: "the epoch is not the current one, nor rightly the next"
        case .seq: "the sequence number is not the next one"
        case .prev: "the hash of the line before does not match"
        case .tsBackwards: "the sequencer's clock goes back"
        case .genesis: "journal.opened must be the first record, and only that"
        case .data: "the data of a key event has another shape"
        case .recordKey: "the sequencer key is not the one the event names, or was known before"
        case .unknownKey: "a key that the journal does not know"
        case .retiredKey: "a key that was retired"
        case .keyRole: "a key used for another role than its own"
        case .recordSignature: "the sequencer's signature does not match"
        case .root: "the root that is remembered neither opened this journal nor started an epoch of it"
        case .rootReplaced: "the root that is remembered was replaced here by one that it did not agree to"
        case .eventSignature: "the author's signature does not match"
        case .role: "the author's role may not make this type of event"
        case .enrolment: "a key is enrolled or retired without proof or against the rules"
        case .endorsement: "a new root that not every author has endorsed for this journal and this head"
        case .duplicateID: "an event id stands twice"
        case .empty: "the journal holds no record"
        case .segment: "a segment file is missing, misplaced or not full"
        case .shorterThanHead: "the journal ends before a head that is remembered"
        case .fork: "another history than the one remembered"
        case .checkpointFormat: "the checkpoint cannot be read"
        case .checkpointSignature: "the checkpoint is not signed by the sequencer of its epoch"
        case .checkpointCut: "the journal's own checkpoint lies beyond the start of a newer epoch"
        case .checkpointRoot: "the checkpoint does not match the records"
        case .headFormat: "the remembered head cannot be read"
        case .headSignature: "the remembered head is not signed by the sequencer of its epoch"
        case .tornTail: "the last line was not written to its end"
        case .cut: "a newer epoch starts below the remembered head: the records after its start were lost"
        case .authorSkew: "the author's clock is more than a day away from the sequencer's"
        case .unknownType: "an event type that this version does not know"
        }
    }
}

/// Bytes that are not what the format asks for.
package struct FormatError: Error, Equatable {
    package let reason: Reason

    package init(_ reason: Reason) {
        self.reason = reason
    }
}

/// A fatal finding: the journal cannot be trusted from `record` on (0: the whole of it).
package struct DamageError: Error, Equatable, CustomStringConvertible {
    package let record: Int
    package let reason: Reason

    package init(record: Int, _ reason: Reason) {
        self.record = record
        self.reason = reason
    }

    package var description: String {
        record > 0
            ? "record \(record): \(reason.rawValue): \(reason.explanation)"
            : "\(reason.rawValue): \(reason.explanation)"
    }
}
