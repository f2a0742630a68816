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
///     dev/journal/<sha256>/000000000001-42-<head>.jsonl.age
///     dev/journal/<sha256>/<log>.000000000001-42-<head>.jsonl.age    of a journal that this one succeeds
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

    /// - Parameter log: the journal's that this one succeeds, where the segment is that one's.
    package func segment(
        _ name: SegmentName, sha256: SHA256Digest, of log: EventID? = nil
    ) throws(StoreError) -> ObjectKey {
        try ObjectKey("\(journalPrefix)\(sha256)/\(log.map { "\($0)." } ?? "")\(name)")
    }

    package func checkpoint() throws(StoreError) -> ObjectKey { try ObjectKey("\(dataset)/manifests/checkpoint.age") }

    /// `snapshots_v2.tsv` or `state.env`.
    package func projection(_ name: String) throws(StoreError) -> ObjectKey {
        try ObjectKey("\(dataset)/manifests/\(name).age")
    }

    /// Random bytes, encrypted: nothing in the bucket is plaintext.
    package func canary() throws(StoreError) -> ObjectKey { try ObjectKey("\(dataset)/manifests/canary.age") }
}

/// What a mirrored segment's file name says: first record, number of records, hash of the last line.
package struct SegmentName: Hashable, Sendable, CustomStringConvertible {
    package let firstSeq: Int
    package let count: Int
    package let head: SHA256Digest

    package init(firstSeq: Int, count: Int, head: SHA256Digest) {
        self.firstSeq = firstSeq
        self.count = count
        self.head = head
    }

    /// Nil for what no segment is called. Somebody who can write to the bucket chooses the names, so the numbers are
    /// checked against what a journal can have.
    package init?(_ text: String) {
        let ending = ".jsonl.age"
        guard text.hasSuffix(ending) else { return nil }
        let parts = text.dropLast(ending.count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 12, let firstSeq = Int(parts[0]), firstSeq >= 1,
            firstSeq == JournalDirectory.firstSeq(ofSegmentHolding: firstSeq), let count = Int(parts[1]),
            (1...JournalDirectory.recordsInSegment).contains(count), let head = SHA256Digest(hex: parts[2])
        else { return nil }
        self.init(firstSeq: firstSeq, count: count, head: head)
        guard description == text else { return nil }
    }

    /// The number of its last record.
    package var lastSeq: Int { firstSeq + count - 1 }

    /// No segment of so many records is larger when it is encrypted: what is, is not read.
    var sizeLimit: Int { count * RecordLayout.maximumLineLength + (1 << 20) }

    package var description: String {
        let digits = String(firstSeq)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + "\(digits)-\(count)-\(head).jsonl.age"
    }
}

/// A segment object and the hash that its key promises.
package struct MirroredSegment: Sendable {
    package let key: ObjectKey
    package let name: SegmentName
    package let sha256: SHA256Digest
    /// The store itself says that it holds other bytes. That it does not say so proves nothing.
    package let isDamaged: Bool
    /// As it is stored.
    package let bytes: Int

    /// - Parameter log: the journal's that this one succeeds, for a segment of that one.
    package init?(_ object: ObjectInfo, of log: EventID? = nil) {
        let components = object.key.components
        let prefix = log.map { "\($0)." } ?? ""
        guard components.count == 4, let sha256 = SHA256Digest(hex: components[2]), components[3].hasPrefix(prefix),
            let name = SegmentName(String(components[3].dropFirst(prefix.count)))
        else { return nil }
        key = object.key
        self.name = name
        self.sha256 = sha256
        bytes = Int(object.size)
        isDamaged = object.sha256.map { $0 != sha256 } ?? false
    }
}
