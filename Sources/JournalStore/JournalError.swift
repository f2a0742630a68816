package import DurableFiles
package import JournalFormat
package import SystemPackage

/// `1 record`, `2 records`
func counted(records count: Int) -> String { "\(count) record\(count == 1 ? "" : "s")" }

/// Why a journal cannot be read or written.
package enum JournalError: Error, CustomStringConvertible {
    case missing(FilePath)
    case exists(FilePath)
    case damaged(DamageError)
    case unreadable(ProjectionError)
    /// An event that was to be recorded, and that projections could not read.
    case unreadableEvent(ProjectionError)
    case file(FileFailure)
    /// A write was not confirmed by the disk; nobody may append before that is looked at.
    case poisoned(FilePath)
    /// The write was made, and neither confirmed nor taken back: whether the lines are there, nobody knows. With the
    /// marker that was left, or the failure that stopped the taking back.
    case unknownOutcome(FilePath, FileFailure?)
    case expectedSize(expected: Int, actual: Int)
    /// An event id that stands in the journal with other content.
    case idTaken(EventID)
    case eventTooLarge(Int)
    case keyMissing(KeyRole)
    case badKeyFile(FilePath, String)
    /// The key is not the one that the journal names.
    case foreignKey(KeyRole)
    /// The clock is more than a day away from the last record, and nothing vouches for it.
    case clockLeapt(Timestamp, last: Timestamp)

    package var description: String {
        switch self {
        case .missing(let path): "there is no journal in \(path)"
        case .exists(let path): "there is a journal in \(path) already"
        case .damaged(let damage):
            damage.reason == .rootReplaced ? "\(damage)" : "the journal is damaged or forged: \(damage)"
        case .unreadable(let refusal): "the journal cannot be used: \(refusal)"
        case .unreadableEvent(let refusal): "this cannot be recorded: \(refusal.message)"
        case .file(let failure): failure.description
        case .poisoned(let path): "an earlier write to the journal was not confirmed by the disk (\(path))"
        case .unknownOutcome(let path, nil):
            "the disk has not confirmed the write, so whether it is recorded is unknown (\(path))"
        case .unknownOutcome(_, let failure?):
            "a write was neither confirmed nor taken back, so whether it is recorded is unknown: \(failure)"
        case .expectedSize(let expected, let actual):
            "the journal has \(counted(records: actual)), not \(expected)"
        case .idTaken(let id): "event id \(id) stands in the journal with other content"
        case .eventTooLarge(let size): "the record would have \(size) bytes; at most 65535 are allowed"
        case .keyMissing(let role): "this command needs the \(role.rawValue) key, which is not here"
        case .badKeyFile(let path, let why): "\(path) \(why)"
        case .foreignKey(let role): "the \(role.rawValue) key here is not one that the journal accepts"
        case .clockLeapt(let now, let last):
            "the clock says \(now), more than a day \(now < last ? "before" : "after") the last record (\(last)), "
                + "and nothing synchronises it"
        }
    }

    package var hint: String? {
        switch self {
        case .missing:
            "devjournal rebuild --from-mirror --kit KIT brings back a lost one; a workstation has none until "
                + "init_WS.sh has paired it; a first server begins one with devjournal init"
        case .exists: "nothing was changed; move it away by hand if you mean it"
        case .damaged(let damage) where damage.reason == .rootReplaced:
            "if devjournal key replace-root was interrupted, run it again; otherwise devjournal verify shows the new "
                + "root, which you should remember only if you know why it is there"
        case .damaged:
            "devjournal verify says more; once its directory is moved away, devjournal rebuild "
                + "--from-mirror --kit KIT brings a sound one back"
        case .unreadable: "a newer devjournal may know this type"
        case .unreadableEvent: "nothing was recorded; a text is not empty there, and holds no control character"
        case .poisoned(let path): "check the disk, then run: \(Self.repair(path))"
        case .unknownOutcome(let path, let failure):
            (failure == nil ? "check the disk, then run: \(Self.repair(path)); then say" : "say")
                + " the same again with the same --id: it is recorded once; without an id, look with devjournal log first"
        case .expectedSize: "read the journal again and decide again"
        case .idTaken: "use a new id: devjournal id"
        case .keyMissing(.author): "devjournal key new makes one; the server enrols it"
        case .keyMissing(.root): "the root key is in the recovery kit"
        case .clockLeapt:
            "set the clock, or wait until it is synchronised (timedatectl); if it is right and has no NTP, put "
                + "CLOCK=trusted into the configuration"
        case .file(let failure):
            failure.hint ?? (failure.isOutOfSpace ? "nothing was recorded; make room and run it again" : nil)
        default: nil
        }
    }

    /// What mends the files next to a marker.
    private static func repair(_ poison: FilePath) -> String {
        let directory = poison.removingLastComponent().lastComponent?.string
        return directory == "outbox" || directory == "replica" ? "devjournal outbox repair" : "devjournal repair"
    }

    /// The same, where what was tried only prepared for what is to be recorded.
    var beforeRecording: JournalError {
        switch self {
        case .unknownOutcome(let path, nil): .poisoned(path)
        case .unknownOutcome(_, let failure?): .file(failure)
        default: self
        }
    }
}

/// Runs a call on files and passes its failure on as a journal's.
package func orFile<Result: ~Copyable>(_ body: () throws(FileFailure) -> Result) throws(JournalError) -> Result {
    do { return try body() } catch { throw .file(error) }
}
