internal import Backup
internal import BackupJournal
internal import Digest
package import JournalFormat
package import JournalStore
internal import ObjectStore

/// Checks what is stored in a mirror against what the journal says must be there. Changes nothing.
package struct MirrorCheck {
    let reader: MirrorReader
    let journal: JournalDirectory
    private let pinnedRoot: KeyID?
    let isDeep: Bool

    /// - Parameters:
    ///   - pinnedRoot: whose journal it must be.
    ///   - isDeep: fetch everything and hash it; otherwise a listing and three small objects are read.
    package init(_ reader: MirrorReader, journal: JournalDirectory, pinnedRoot: KeyID? = nil, isDeep: Bool) {
        self.reader = reader
        self.journal = journal
        self.pinnedRoot = pinnedRoot
        self.isDeep = isDeep
    }

    var layout: MirrorLayout { reader.layout }

    /// What a first look finds has to be found again: one answer may have been damaged.
    ///
    /// - Parameter progress: called with each artifact that is about to be fetched, and its bytes.
    package func run(progress: (_ name: String, _ bytes: Int) -> Void = { _, _ in }) throws -> MirrorCheckReport {
        var first: MirrorCheckReport?
        do { first = try look(isDeep, progress) } catch let error as MirrorError where error.isVerdict {}
        guard var report = first else { return try look(isDeep, progress) }
        if report.findings.isEmpty { return report }
        let again = try look(false, progress)
        let names = Set(again.findings.map(\.name)).union(report.readTwice)
        report.findings.removeAll { !names.contains($0.name) }
        if !isDeep { report.sound = again.sound }
        return report
    }

    private func look(_ isDeep: Bool, _ progress: (_ name: String, _ bytes: Int) -> Void) throws -> MirrorCheckReport {
        var report = MirrorCheckReport(isDeep: isDeep)
        let listed = try orMirror { () throws(StoreError) in try reader.store.list(prefix: layout.prefix) }
        let pieces = listed.compactMap { MirroredPiece($0, in: layout) }
        let committed = try checkpoint(&report)
        let read = try readJournal(pieces, covered: committed?.size)
        if committed == nil, report.findings.isEmpty {
            if read.uploads.isEmpty, !listed.contains(where: { isContent($0.key) }) {
                throw MirrorError.nothingMirrored(url: reader.store.url)
            }
            report.findings.append(
                MirrorFinding(
                    .missing, try layout.checkpoint().text, "nothing commits what was pushed",
                    repair: "devjournal push --restore-checkpoint"))
        }
        let predecessor = try comparePredecessor(listed, read.state, &report)
        let comparison = MirrorComparison(
            layout: layout, listed: listed, uploads: read.uploads.flatMap(MirrorComparison.Upload.all),
            knownKeys: try read.keys.union(derivedKeys(read.state)).union(predecessor), covered: read.covered,
            heads: read.heads)
        let own = read.own
        try compareArtifacts(comparison, isDeep, &report, progress)
        try compareLines(comparison, own, isDeep, &report)
        if let committed { try compareManifests(committed, own, &report) }
        report.findings += comparison.foreign(own)
        report.pending.records = read.state.seq - read.covered
        report.pending.artifacts = read.state.order.count - read.uploads.count
        return report
    }

    private func isContent(_ key: ObjectKey) -> Bool {
        key != (try? layout.canary()) && !layout.isLockProbe(key) && !key.text.hasPrefix(layout.doctorPrefix)
    }

    /// What is withdrawn may have been stored before, and stays.
    private func derivedKeys(_ state: BackupState) throws -> [String] {
        let entries = state.entries.values
        let artifacts =
            entries.map { ($0.artifact.name, $0.artifact.sha256) } + state.withdrawals.map { ($0.name, $0.sha256) }
        let catalogues =
            entries.map { ($0.artifact.label, $0.catalogues) } + state.withdrawals.map { ($0.label, $0.catalogues) }
        var keys = try artifacts.map { name, sha256 in try layout.artifact(name, sha256: sha256).text }
        for (label, stored) in catalogues {
            keys += try stored.map { try layout.catalogue(label, sha256: $0.sha256).text }
        }
        return keys
    }

    // MARK: Journal

    /// What the checkpoint covers that is there; nil where there is none of this history. Another journal's, or one
    /// that is further than this journal, is an error: then this one is not what the mirror is to be checked against.
    private func checkpoint(_ report: inout MirrorCheckReport) throws -> Checkpoint? {
        let key = try layout.checkpoint().text
        let signed: SignedCheckpoint
        do throws(MirrorError) {
            guard let there = try reader.checkpoint() else { return nil }
            signed = there.signed
        } catch {
            guard case .checkpointUnreadable(let why) = error else { throw error }
            if try isOldMirror() { throw MirrorError.beforeSuccession(url: reader.store.url) }
            report.findings.append(MirrorFinding(.damaged, key, why, repair: error.hint))
            return nil
        }
        let theirs = signed.checkpoint
        let replay = try journal.replay(pinnedRoot: pinnedRoot, growsTree: true)
        guard let ours = replay.verifier.checkpoint() else { throw JournalError.missing(journal.path) }
        try theirs.demandNotBeyond(ours, url: reader.store.url)
        if try journal.begins(with: signed) {
            report.sound.objects += 1
            return theirs
        }
        report.findings.append(
            MirrorFinding(
                .damaged, key, "it is of another history than this journal",
                repair: "devjournal push prints both signed heads and writes nothing"))
        return nil
    }

    /// Whether it is that of the journal that this one succeeds, which cannot be read and is not to be mended.
    private func isOldMirror() throws -> Bool {
        let replay = try journal.replay(pinnedRoot: pinnedRoot)
        return try replay.readableState().succession?.stores.contains(reader.store.url) ?? false
    }

    private struct ReadJournal {
        let state: BackupState
        /// Records that must be in the mirror.
        let covered: Int
        let heads: [Int: SHA256Digest]
        /// Pieces and segments of this journal's own lines.
        let own: [MirroredPiece]
        /// Every key that an `artifact.uploaded` has named, artifacts that were withdrawn later included.
        let keys: Set<String>
        let uploads: [BackupState.Entry]
    }

    /// - Parameter covered: what the checkpoint covers; nil for as much as the pieces hold that are there.
    private func readJournal(_ pieces: [MirroredPiece], covered: Int?) throws -> ReadJournal {
        let wanted = MirrorComparison.wanted(pieces, covered: covered ?? pieces.map(\.name.lastSeq).max() ?? 0)
        var heads: [Int: SHA256Digest] = [:]
        var keys: Set<String> = []
        let replay = try journal.replay(pinnedRoot: pinnedRoot) { record, _ in
            if wanted.contains(record.seq) { heads[record.seq] = record.hash }
            guard record.event.isOf(.artifactUploaded) else { return }
            for member in ["object_key", "catalogue_key"] {
                if let key = record.event.data[member]?.string { keys.insert(key) }
            }
        }
        let state = try replay.readableState()
        let own = pieces.filter { heads[$0.name.lastSeq] == $0.name.head }
        return ReadJournal(
            state: state, covered: covered ?? own.map(\.name.lastSeq).max() ?? 0, heads: heads, own: own, keys: keys,
            uploads: state.order.compactMap { state.entries[$0] }
                .filter { $0.objectKey != nil && $0.store == reader.store.url })
    }

    // MARK: Content

    private func compareArtifacts(
        _ comparison: MirrorComparison, _ isDeep: Bool, _ report: inout MirrorCheckReport,
        _ progress: (String, Int) -> Void
    ) throws {
        let (findings, sound) = comparison.artifacts()
        report.findings += findings
        for upload in sound {
            if isDeep {
                progress(upload.name, upload.bytes)
                let key = try ObjectKey(upload.key)
                var found = try fetchedHash(key, bytes: upload.bytes, reader.store)?.hex
                if found != upload.sha256 { found = try fetchedHash(key, bytes: upload.bytes, reader.store)?.hex }
                guard found == upload.sha256 else {
                    report.readTwice.insert(upload.key)
                    report.findings.append(
                        MirrorFinding(
                            .damaged, upload.key, "its bytes have another SHA-256 than the journal says",
                            repair: "\(MirrorComparison.repair) --deep"))
                    continue
                }
            }
            report.sound.objects += 1
            report.sound.bytes += upload.bytes
        }
    }

    /// The manifests as of the checkpoint, and whether anything there is beyond it.
    private func compareManifests(
        _ committed: Checkpoint, _ own: [MirroredPiece], _ report: inout MirrorCheckReport
    ) throws {
        let state = try journal.replay(pinnedRoot: pinnedRoot, upTo: committed.size).readableState()
        var furthest = own.map(\.name.lastSeq).max() ?? 0
        var findings: [MirrorFinding] = []
        for (name, text) in ProjectionFiles.contents(state) {
            let key = try layout.projection(name)
            let found = try reader.text(ofProjection: name, limit: 2 * text.utf8.count)
            switch found {
            case .text(let there) where there == text: report.sound.objects += 1
            case .missing:
                findings.append(MirrorFinding(.missing, key.text, "written by every push", repair: "devjournal push"))
            case .unreadable:
                findings.append(
                    MirrorFinding(.damaged, key.text, "cannot be decrypted here", repair: "devjournal push"))
            case .text(let there):
                furthest = max(furthest, Self.sequence(inStateEnv: there) ?? 0)
                findings.append(
                    MirrorFinding(
                        .damaged, key.text, "is not what the journal says at record \(committed.size)",
                        repair: "devjournal push"))
            }
        }
        if furthest > committed.size {
            report.findings.append(
                MirrorFinding(
                    .stale, try layout.checkpoint().text,
                    "covers \(Plain.counted(committed.size, "record")), but what is stored there goes up to record \(furthest): it was set "
                        + "back, or a push was cut off before it", repair: "devjournal push"))
        }
        report.findings += findings
    }

    /// The line `SEQ=42`.
    private static func sequence(inStateEnv text: String) -> Int? {
        text.split(separator: "\n").first { $0.hasPrefix("SEQ=") }.flatMap { Int($0.dropFirst(4)) }
    }
}

extension Checkpoint {
    /// Refuses another journal's, a newer epoch's, and one that is further than `ours` in the same epoch.
    func demandNotBeyond(_ ours: Checkpoint, url: String) throws(MirrorError) {
        guard log == ours.log else { throw .otherJournal(url: url) }
        if epoch > ours.epoch { throw .newerEpoch(theirs: self, ours: ours) }
        if epoch == ours.epoch, size > ours.size { throw .mirrorIsAhead(theirs: self, ours: ours) }
    }
}
