internal import Backup
internal import BackupJournal
internal import Digest
internal import JournalStore
internal import ObjectStore

/// A listing checked against what a journal says. Pure.
struct MirrorComparison {
    /// What an `artifact.uploaded` event promises.
    struct Upload {
        let name: String
        let key: String
        let bytes: Int
        let sha256: String

        /// The artifact and its catalogue; none of what was never uploaded.
        static func all(of entry: BackupState.Entry) -> [Upload] {
            let artifact = entry.artifact
            var uploads: [Upload] = []
            if let key = entry.objectKey {
                uploads.append(
                    Upload(
                        name: artifact.name.description, key: key, bytes: artifact.bytes, sha256: artifact.sha256))
            }
            if let catalogue = entry.catalogue, let key = entry.catalogueKey {
                uploads.append(
                    Upload(
                        name: artifact.label.catalogueName, key: key, bytes: catalogue.bytes, sha256: catalogue.sha256))
            }
            return uploads
        }
    }

    let layout: MirrorLayout
    let listed: [ObjectInfo]
    let uploads: [Upload]
    /// Keys that the journal has ever named, and those of artifacts that are about to be pushed.
    let knownKeys: Set<String>
    /// Records that the mirror's journal has to hold.
    let covered: Int
    /// The hashes of this journal's lines: the last one of each listed segment, and of each that has to be there.
    let heads: [Int: SHA256Digest]

    /// The records that a comparison asks the hashes of.
    static func wanted(_ segments: [MirroredSegment], covered: Int) -> Set<Int> {
        Set(segments.map(\.name.lastSeq)).union(needed(covered).map(\.last))
    }

    /// First and last record of each segment that so many records are kept in.
    static func needed(_ covered: Int) -> [(first: Int, last: Int)] {
        let length = JournalDirectory.recordsInSegment
        return stride(from: 1, through: covered, by: length).map { ($0, min($0 + length - 1, covered)) }
    }

    // MARK: Artifacts

    func artifacts() -> (findings: [MirrorFinding], sound: [Upload]) {
        let there = Dictionary(listed.map { ($0.key.text, $0) }) { first, _ in first }
        var findings: [MirrorFinding] = []
        var sound: [Upload] = []
        for upload in uploads {
            guard let object = there[upload.key] else {
                findings.append(
                    MirrorFinding(.missing, upload.key, "uploaded, and not there any more", repair: Self.repair))
                continue
            }
            if object.size != Int64(upload.bytes) {
                findings.append(
                    MirrorFinding(
                        .damaged, upload.key, "has \(object.size) bytes, the journal says \(upload.bytes)",
                        repair: Self.repair))
            } else if let sha256 = object.sha256, sha256.hex != upload.sha256 {
                findings.append(
                    MirrorFinding(.damaged, upload.key, "has another SHA-256, \(sha256)", repair: Self.repair))
            } else {
                sound.append(upload)
            }
        }
        return (findings, sound)
    }

    static let repair = "devjournal push --repair"

    // MARK: Segments

    /// Segments of this journal's own lines, whichever version.
    func own(_ segments: [MirroredSegment]) -> [MirroredSegment] {
        segments.filter { heads[$0.name.lastSeq] == $0.name.head }
    }

    /// The versions that hold what is needed, for each segment that has to be there; those the store itself calls
    /// damaged are reported.
    func segments(_ own: [MirroredSegment]) -> (findings: [MirrorFinding], versions: [[MirroredSegment]]) {
        let versions = Dictionary(grouping: own, by: \.name.firstSeq)
        var findings: [MirrorFinding] = []
        var found: [[MirroredSegment]] = []
        for (first, last) in Self.needed(covered) {
            let candidates = (versions[first] ?? []).filter { $0.name.lastSeq >= last }
            findings += candidates.filter(\.isDamaged).map(Self.damaged)
            let sound = candidates.filter { !$0.isDamaged }
            if !sound.isEmpty { found.append(sound) }
            if candidates.isEmpty {
                let name = heads[last].map {
                    "\(layout.journalPrefix)*/\(SegmentName(firstSeq: first, count: last - first + 1, head: $0))"
                }
                findings.append(
                    MirrorFinding(
                        .missing, name ?? "\(layout.journalPrefix)*", "records \(first) to \(last)",
                        repair: Self.repair))
            }
        }
        return (findings, found)
    }

    static func damaged(_ segment: MirroredSegment) -> MirrorFinding {
        MirrorFinding(
            .damaged, segment.key.text, "its bytes are not those that its key or its name says", repair: repair)
    }

    // MARK: The rest

    func foreign(_ own: [MirroredSegment]) -> [MirrorFinding] {
        let segments = Set(own.map(\.key))
        let known = knownKeys.union(uploads.map(\.key))
        let mutable = Set(
            [try? layout.checkpoint(), try? layout.canary()].compactMap { $0?.text }
                + ProjectionFiles.names.compactMap { (try? layout.projection($0))?.text })
        return listed.filter { object in
            let name = object.key.text
            return !segments.contains(object.key) && !known.contains(name) && !mutable.contains(name)
                && !layout.isLockProbe(object.key) && !name.hasPrefix(layout.doctorPrefix)
        }.map { object in
            let isSegment = MirroredSegment(object) != nil
            return MirrorFinding(
                .foreign, object.key.text,
                isSegment ? "a segment of another history than this journal" : "nothing of this journal has this name",
                repair: nil)
        }
    }
}
