internal import Backup
package import DurableFiles
package import JournalFormat
package import JournalStore
package import ObjectStore
package import SystemPackage

/// Why the mirror and the journal cannot be brought together.
package enum MirrorError: Error, CustomStringConvertible {
    case store(StoreError)
    case file(FileFailure)
    case journal(JournalError)
    /// The bucket holds the checkpoint of another journal.
    case otherJournal(url: String)
    /// It holds what cannot be read by the successor of a journal whose keys were lost.
    case beforeSuccession(url: String)
    /// Somebody started a newer epoch there: this server was replaced.
    case newerEpoch(theirs: Checkpoint, ours: Checkpoint)
    /// The mirror has records that this journal lacks, in the same epoch.
    case mirrorIsAhead(theirs: Checkpoint, ours: Checkpoint)
    /// Two histories under the same keys.
    case forked(theirs: SignedCheckpoint, ours: SignedCheckpoint)
    /// A mirror that was committed to before, without its checkpoint.
    case checkpointMissing(url: String)
    case checkpointUnreadable(String)
    /// Somebody else wrote the checkpoint between reading and writing it.
    case overtaken
    case conditionsIgnored(url: String)
    /// `If-Match` is refused although it names the object that is there.
    case conditionsRefused(url: String)
    /// An object whose bytes are not the ones that its key or the journal names.
    case objectDamaged(ObjectKey)
    /// A record of the journal, and so all before it.
    case recordMissing(Int)
    /// This server's own lines, from this record on.
    case linesDamaged(firstSeq: Int)
    /// A registered artifact that is not on this disk.
    case artifactMissing(FilePath)
    /// An object that the journal says was uploaded.
    case objectMissing(ObjectKey)
    case artifactDamaged(String)
    case nothingMirrored(url: String)
    /// A line of the witness's.
    case witnessDamaged(DamageError)
    /// Witness and mirror have different lines for one record.
    case witnessDiffers(record: Int)
    /// The witness's lines begin above the mirror's end.
    case witnessGap(journal: Int, witness: Int)
    /// A witness remembers more than the mirror's history holds.
    case rolledBack(remembered: Checkpoint, found: Int)

    package var description: String {
        switch self {
        case .store(let error): error.description
        case .file(let failure): failure.description
        case .journal(let error): error.description
        case .otherJournal(let url): "the mirror \(url) holds another journal"
        case .beforeSuccession(let url):
            "the mirror \(url) holds the journal that this one succeeds, or another that it cannot read"
        case .newerEpoch(let theirs, let ours):
            "the mirror is in epoch \(theirs.epoch) (size \(theirs.size), head \(theirs.head)), this journal still in "
                + "epoch \(ours.epoch) (size \(ours.size), head \(ours.head)): another server took over"
        case .mirrorIsAhead(let theirs, let ours):
            "the mirror has \(Plain.counted(theirs.size, "record")) (head \(theirs.head)), this journal only \(ours.size) "
                + "(head \(ours.head)): it was restored from an old copy"
        case .forked(let theirs, let ours):
            "the mirror holds another history than this journal; both signed heads follow\n\(theirs.note)\n\(ours.note)"
        case .checkpointMissing(let url): "the mirror \(url) was written to before but has no checkpoint"
        case .checkpointUnreadable(let why): "the mirror's checkpoint cannot be read: \(why)"
        case .overtaken: "somebody else wrote to the mirror at the same time"
        case .conditionsIgnored(let url): "the mirror \(url) ignores conditional writes, so it cannot hold a journal"
        case .conditionsRefused(let url):
            "the mirror \(url) refuses conditional writes (If-Match) that name the very object that is there, with quotes and "
                + "without, so its checkpoint can never be replaced"
        case .objectDamaged(let key): "the object \(key) is not what was stored: its hash or encryption is wrong"
        case .recordMissing(let seq): "the mirror lacks record \(seq) of the journal"
        case .linesDamaged(let firstSeq):
            "the journal's lines from record \(firstSeq) on do not follow one another, and are not mirrored"
        case .artifactMissing(let path): "the artifact \(path) is missing"
        case .objectMissing(let key): "the object \(key) is missing in the mirror"
        case .artifactDamaged(let name): "\(name) is not what the journal says: its size or hash differs"
        case .nothingMirrored(let url): "the mirror \(url) holds no journal of this data set"
        case .witnessDamaged(let damage): "the witness's lines are damaged or forged: \(damage)"
        case .witnessDiffers(let record): "the witness has another record \(record) than the mirror: two histories"
        case .witnessGap(let journal, let witness):
            "the witness's lines begin with record \(witness), and the mirror's end with \(journal)"
        case .rolledBack(let remembered, let found):
            "the head that is remembered has \(Plain.counted(remembered.size, "record")) (epoch \(remembered.epoch), head "
                + "\(remembered.head)), the mirror only \(found): it was rolled back or never had them"
        }
    }

    package var hint: String? {
        switch self {
        case .store(let error): error.hint
        case .journal(let error): error.hint
        case .beforeSuccession:
            "what is there stays as it is; give this journal a prefix of its own: set MIRROR to another URL"
        case .otherJournal: "give each journal a place of its own: set MIRROR to another URL"
        case .newerEpoch, .mirrorIsAhead:
            "nothing was written; to take over again: devjournal rebuild --from-mirror --kit KIT on an empty LS_ROOT"
        case .forked: "nothing was written; keep both heads as evidence and find out which server is right"
        case .checkpointMissing: "if you trust this journal: devjournal push --restore-checkpoint"
        case .checkpointUnreadable:
            "is this the mirror's age key? if the object itself is damaged, a server that has the journal replaces it: "
                + "devjournal push --restore-checkpoint, which keeps a copy of what is there now"
        case .conditionsIgnored, .conditionsRefused: ConditionSupport.remedy
        case .recordMissing, .objectMissing, .objectDamaged:
            "read twice; a server that has the journal and its artifacts brings it again: devjournal push --repair"
        case .rolledBack: "nothing was taken over; look for a newer copy of the mirror or of the journal"
        case .overtaken: "run the push again; it starts by reading what is there"
        case .file(let failure) where failure.isOutOfSpace: "make room and run it again; nothing was lost"
        case .artifactMissing: "devjournal fetch brings it from the mirror, if it was pushed"
        case .artifactDamaged: "do not restore from it; devjournal scrub --repair fetches a sound copy"
        case .linesDamaged: "devjournal verify names the record"
        case .nothingMirrored: "check MIRROR in the configuration"
        case .witnessDiffers:
            "nothing was written; keep both as evidence. A server that took over after a loss leaves such a cut, too"
        case .witnessGap, .witnessDamaged:
            "give the witness's segments from the first on: cat REPLICA/*.jsonl"
        default: nil
        }
    }
}

/// Runs calls on store, files or journal and passes their failures on as the mirror's.
func orMirror<Result: ~Copyable, Failure: Error>(
    _ body: () throws(Failure) -> Result
) throws(MirrorError) -> Result {
    do {
        return try body()
    } catch let error as StoreError {
        throw .store(error)
    } catch let error as FileFailure {
        throw .file(error)
    } catch let error as JournalError {
        throw .journal(error)
    } catch let error as MirrorError {
        throw error
    } catch {
        throw .checkpointUnreadable("\(error)")
    }
}
