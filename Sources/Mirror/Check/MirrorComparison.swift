internal import Backup
internal import BackupJournal
internal import Digest
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
    /// The hashes of this journal's lines: the last one of each listed piece, and of each run that has to be there.
    let heads: [Int: SHA256Digest]

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

    // MARK: The rest

    func foreign(_ own: [MirroredPiece]) -> [MirrorFinding] {
        let pieces = Set(own.map(\.key))
        let known = knownKeys.union(uploads.map(\.key))
        let mutable = Set(
            [try? layout.checkpoint(), try? layout.canary()].compactMap { $0?.text }
                + ProjectionFiles.names.compactMap { (try? layout.projection($0))?.text })
        return listed.filter { object in
            let name = object.key.text
            return !pieces.contains(object.key) && !known.contains(name) && !mutable.contains(name)
                && !layout.isLockProbe(object.key) && !name.hasPrefix(layout.doctorPrefix)
        }.map { object in
            let isPiece = MirroredPiece(object, in: layout) != nil
            return MirrorFinding(
                .foreign, object.key.text,
                isPiece ? "records of another history than this journal" : "nothing of this journal has this name",
                repair: nil)
        }
    }
}
