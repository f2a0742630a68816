package import Backup
package import Digest
package import JournalFormat
internal import JournalStore
package import ObjectStore

/// Where things are in the bucket. Everything is under the data set's name and encrypted with age.
///
///     dev/artifacts/anchors/<sha256>/dev@2026-01.full.send.zst.age
///     dev/artifacts/incr/<sha256>/dev@2026-02.incr.from_2026-01.send.zst.age
///     dev/catalogues/<sha256>/dev@2026-01.catalogue.zst.age
///     dev/journal/segments/<sha256>/000000000001-4096-<head>.jsonl.age
///     dev/journal/pieces/000000004097/<sha256>/000000004139-5-<head>.jsonl.age
///     dev/journal/before/<log>/<sha256>/000000000001-42-<head>.jsonl.age    of a journal that this one succeeds
///     dev/manifests/checkpoint.age            replaced: the commit point
///     dev/manifests/snapshots_v2.tsv.age      replaced, after the commit
///     dev/manifests/state.env.age             replaced, after the commit
///     dev/manifests/canary.age                replaced: shows that the store keeps conditions
///     dev/doctor/…                            made and removed again by an examination
///     dev/artifacts/doctor/lock-probe.age     left by an examination that tested the lock rule
///     dev/catalogues/doctor/lock-probe.age    the same
///     dev/journal/doctor/lock-probe.age       the same
///
/// `<sha256>` is that of the stored bytes, so nothing that an interrupted push leaves blocks another one, and
/// `sha256sum` checks any object. Only `manifests/` is ever overwritten: the rest can be put under a lock rule.
///
/// The pieces of each segment are in a folder of its own, so that nobody ever has to list all of them.
package struct MirrorLayout: Sendable {
    package let dataset: String

    package init(dataset: String) {
        self.dataset = dataset
    }

    package var prefix: String { "\(dataset)/" }
    package var journalPrefix: String { "\(dataset)/journal/" }
    package var artifactPrefix: String { "\(dataset)/artifacts/" }
    package var cataloguePrefix: String { "\(dataset)/catalogues/" }

    /// Where nothing is ever replaced or deleted: for a lock rule.
    package var immutablePrefixes: [String] { [artifactPrefix, cataloguePrefix, journalPrefix] }
    package var doctorPrefix: String { "\(dataset)/doctor/" }

    /// One in each immutable prefix: where a lock rule holds it can never be taken away again, so it is always the
    /// same.
    package func lockProbe(in prefix: String) throws(StoreError) -> ObjectKey {
        try ObjectKey("\(prefix)doctor/lock-probe.age")
    }

    /// Whether an object in the immutable prefixes is an examination's.
    package func isLockProbe(_ key: ObjectKey) -> Bool {
        immutablePrefixes.contains { key.text == "\($0)doctor/lock-probe.age" }
    }

    package func artifact(_ name: ArtifactName, sha256: String) throws(StoreError) -> ObjectKey {
        let folder =
            switch name.kind {
            case .full: "anchors"
            case .incremental: "incr"
            }
        return try ObjectKey("\(dataset)/artifacts/\(folder)/\(sha256)/\(name)")
    }

    package func catalogue(_ label: Label, sha256: String) throws(StoreError) -> ObjectKey {
        try ObjectKey("\(cataloguePrefix)\(sha256)/\(label.catalogueName)")
    }

    package var segmentPrefix: String { "\(journalPrefix)segments/" }

    /// - Parameter segment: the number of its first record.
    package func piecePrefix(ofSegment segment: Int) -> String {
        "\(journalPrefix)pieces/\(JournalDirectory.digits(segment))/"
    }

    /// A segment as a whole, or a piece of one.
    package func piece(_ name: PieceName, sha256: SHA256Digest) throws(StoreError) -> ObjectKey {
        try ObjectKey(
            (name.isSegment ? segmentPrefix : piecePrefix(ofSegment: name.segment)) + "\(sha256)/\(name)")
    }

    /// - Parameter log: the journal's that this one succeeds.
    package func predecessorPrefix(_ log: EventID) -> String { "\(journalPrefix)before/\(log)/" }

    /// A segment of the journal that this one succeeds, full or not: that one grows no more.
    package func segment(_ name: PieceName, sha256: SHA256Digest, of log: EventID) throws(StoreError) -> ObjectKey {
        try ObjectKey("\(predecessorPrefix(log))\(sha256)/\(name)")
    }

    package func checkpoint() throws(StoreError) -> ObjectKey { try ObjectKey("\(dataset)/manifests/checkpoint.age") }

    /// `snapshots_v2.tsv` or `state.env`.
    package func projection(_ name: String) throws(StoreError) -> ObjectKey {
        try ObjectKey("\(dataset)/manifests/\(name).age")
    }

    /// Random bytes, encrypted: nothing in the bucket is plaintext.
    package func canary() throws(StoreError) -> ObjectKey { try ObjectKey("\(dataset)/manifests/canary.age") }
}
