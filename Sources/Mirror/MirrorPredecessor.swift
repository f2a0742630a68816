package import Backup
internal import BackupJournal
internal import DurableFiles
internal import JournalFormat
package import JournalStore
package import ObjectStore

/// The lines of the journal that this one succeeds are mirrored next to its own segments: they are the only record of
/// the years before, and a server is not lost only once.
///
///     dev/journal/before/<the old journal's id>/<sha256>/000000000001-42-<head>.jsonl.age
extension MirrorReader {
    func predecessorSegments(_ log: EventID) throws(MirrorError) -> [MirroredPiece] {
        try orMirror { () throws(StoreError) in try store.list(prefix: layout.predecessorPrefix(log)) }
            .compactMap { MirroredPiece($0, in: layout, of: log) }
    }

    /// Brings them to their place next to a fetched journal. They end with the head that the journal names and are held
    /// together by their hashes; who signed them is judged there.
    ///
    /// - Throws: a verdict on what is there (`isVerdictOnObject`), or that the mirror cannot be read.
    package func fetchPredecessor(
        _ succession: Succession, beside directory: JournalDirectory
    ) throws(MirrorError) {
        let old = succession.old
        let place = directory.predecessor(old.log)
        try orMirror { () throws(FileFailure) in try makeDirectories(place.path) }
        try placeCommitted(
            Checkpoint(log: old.log, epoch: old.epoch, size: old.size, root: old.merkleRoot, head: old.head),
            MirroredLines(self, segments: try predecessorSegments(old.log), hasPieces: false), in: place)
    }
}

/// The segments of the old journal as they are kept here.
struct KeptSegments {
    let journal: JournalDirectory
    let succession: Succession

    private var kept: JournalDirectory { journal.predecessor(succession.old.log) }

    func names() throws(MirrorError) -> [PieceName] {
        let count = try orMirror { () throws(FileFailure) in try kept.segmentNames()?.count ?? 0 }
        var names: [PieceName] = []
        for index in 0..<count {
            let firstSeq = index * JournalDirectory.recordsInSegment + 1
            guard let lines = ChainedLines(try lines(firstSeq), firstSeq: firstSeq) else { continue }
            names.append(lines.name)
        }
        return names
    }

    func lines(_ firstSeq: Int) throws(MirrorError) -> [UInt8] { try kept.lines(ofSegment: firstSeq) }

    /// Damaged ones are nobody's: `verify` and `audit` tell of them.
    func areSound() throws(MirrorError) -> Bool {
        try orMirror { () throws(JournalError) in try journal.judgePredecessor(succession) } == .sound
    }
}

extension Push {
    /// Stores what the mirror lacks of them.
    ///
    /// - Returns: how many segments.
    func pushPredecessor(_ moment: JournalMoment) throws(MirrorError) -> Int {
        guard let succession = moment.state.succession else { return 0 }
        let kept = KeptSegments(journal: moment.directory, succession: succession)
        let there = try reader.predecessorSegments(succession.old.log).filter { segment in
            !segment.isDamaged && (repair == .nothing || (try? reader.lines(of: segment)) != nil)
        }
        let missing = try kept.names().filter { name in !there.contains { $0.name == name } }
        guard !missing.isEmpty, try kept.areSound() else { return 0 }
        for name in missing {
            try MirrorCommit(reader, recipients: recipients)
                .put(try kept.lines(name.firstSeq), firstSeq: name.firstSeq, of: succession.old.log)
        }
        return missing.count
    }
}

extension Push {
    /// The sizes of those that a push would store; nil where this journal succeeds none.
    ///
    /// - Parameter listed: what is in the mirror.
    package func missingPredecessor(
        _ state: BackupState, in journal: JournalDirectory, _ listed: [ObjectInfo]
    ) throws(MirrorError) -> [Int]? {
        guard let succession = state.succession else { return nil }
        let kept = KeptSegments(journal: journal, succession: succession)
        let there = listed.compactMap { MirroredPiece($0, in: layout, of: succession.old.log) }.filter { !$0.isDamaged }
        var sizes: [Int] = []
        for name in try kept.names() where !there.contains(where: { $0.name == name }) {
            sizes.append(try kept.lines(name.firstSeq).count)
        }
        return sizes
    }
}

extension MirrorCheck {
    /// Those that are kept here must be there too.
    ///
    /// - Returns: the keys of all that are there.
    func comparePredecessor(
        _ listed: [ObjectInfo], _ state: BackupState, _ report: inout MirrorCheckReport
    ) throws -> [String] {
        guard let succession = state.succession else { return [] }
        let there = listed.compactMap { MirroredPiece($0, in: layout, of: succession.old.log) }
        for name in try KeptSegments(journal: journal, succession: succession).names() {
            let versions = there.filter { $0.name == name }
            let sound = try versions.filter { try !$0.isDamaged && (!isDeep || isSound($0)) }
            // A damaged one stays, once there is a sound one: nothing is ever deleted.
            if sound.isEmpty {
                report.findings += versions.map(MirrorComparison.damaged)
            } else {
                report.superseded += versions.count - sound.count
            }
            report.sound.objects += sound.count
            report.sound.bytes += sound.reduce(0) { $0 + $1.bytes }
            if versions.isEmpty {
                report.findings.append(
                    MirrorFinding(
                        .missing, "\(layout.predecessorPrefix(succession.old.log))*/\(name)",
                        "lines of the journal that this one succeeds", repair: "devjournal push"))
            }
        }
        return there.map(\.key.text)
    }

    func isSound(_ segment: MirroredPiece) throws -> Bool {
        do throws(MirrorError) {
            _ = try reader.lines(of: segment)
            return true
        } catch {
            guard error.isVerdictOnObject else { throw error }
            return false
        }
    }
}
