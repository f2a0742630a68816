package import Digest
package import JournalFormat

/// What a journal says in its second record of the one before it, whose server was lost with its recovery kit.
///
/// None of the old artifacts can be opened any more, so none of them is known here; but labels continue from where they
/// were, and what was lost is reported for ever.
package struct Succession: Sendable, Equatable {
    /// Its only place: it is written together with `journal.opened`, so a journal never stands without it for a while.
    package static let place = 2

    /// The lines that were handed in.
    package struct Source: Sendable, Equatable {
        package let bytes: Int
        package let sha256: String
        /// How many of their records a signed checkpoint covers that was handed in, too; nil where none does.
        package let checkpoint: Int?

        package init(bytes: Int, sha256: String, checkpoint: Int?) {
            self.bytes = bytes
            self.sha256 = sha256
            self.checkpoint = checkpoint
        }
    }

    /// The old journal where its known lines end.
    package struct Head: Sendable, Equatable {
        package let log: EventID
        /// The fingerprint that was given, of a root that vouches for the lines.
        package let root: KeyID
        package let epoch: Int
        package let size: Int
        package let head: SHA256Digest
        package let merkleRoot: SHA256Digest

        package init(
            log: EventID, root: KeyID, epoch: Int, size: Int, head: SHA256Digest, merkleRoot: SHA256Digest
        ) {
            self.log = log
            self.root = root
            self.epoch = epoch
            self.size = size
            self.head = head
            self.merkleRoot = merkleRoot
        }
    }

    package let old: Head
    package let lastTime: Timestamp
    /// The newest label registered there, or in one before it; an older month is never taken here.
    package let lastLabel: Label?
    /// Registered artifacts and their bytes.
    package let artifacts: Int
    package let bytes: Int
    /// Whose keys would have opened them.
    package let recipients: [String]
    /// The mirrors that hold them.
    package let stores: [String]
    package let source: Source
    package let reason: String

    /// - Parameters:
    ///   - state: what the old lines add up to.
    ///   - thisMonth: a label beyond it, as a stolen workstation may have had registered, must not end the new
    ///   journal's
    ///     months before they begin.
    /// - Throws: they are another data set's.
    package init(
        of old: Head, _ state: BackupState, dataset: String, source: Source, reason: String, thisMonth: Label
    ) throws(Refused) {
        guard state.dataset == dataset else {
            throw Refused(
                "the lines are of data set \(state.dataset), not \(dataset)",
                hint: "a data set is succeeded by one of the same name")
        }
        guard !reason.isEmpty, !reason.utf8.contains(where: { $0 < 0x20 }) else {
            throw Refused("a reason is one line of text")
        }
        self.old = old
        self.source = source
        self.reason = reason
        lastTime = state.lastTime
        lastLabel = state.order.last { $0.month <= thisMonth.month } ?? state.succession?.lastLabel
        artifacts = state.entries.count
        bytes = state.entries.values.reduce(0) { $0 + $1.artifact.bytes }
        recipients = state.recipients
        stores = Set(state.entries.values.compactMap(\.store)).sorted()
    }

    package var event: NewEvent { NewEvent(core: "journal.succeeds", by: .sequencer, data) }

    private var data: JSONObject {
        [
            "log": .string(old.log.description), "root": .string(old.root.description),
            "epoch": .integer(old.epoch), "size": .integer(old.size), "head": .string(old.head.hex),
            "merkle_root": .string(old.merkleRoot.hex), "last_ts": .string(lastTime.description),
            "last_label": lastLabel.map { .string($0.description) } ?? .null, "artifacts": .integer(artifacts),
            "bytes": .integer(bytes), "recipients": .array(recipients.map { .string($0) }),
            "stores": .array(stores.map { .string($0) }),
            "known_by": .object([
                "lines": .string(source.sha256), "bytes": .integer(source.bytes),
                "checkpoint": source.checkpoint.map { .integer($0) } ?? .null,
            ]),
            "reason": .string(reason),
        ]
    }
}

extension Succession {
    init(_ members: EventMembers) throws(ProjectionRefusal) {
        func read<Value>(_ key: String, _ value: (String) -> Value?) throws(ProjectionRefusal) -> Value {
            guard let value = value(try members.text(key)) else { throw members.missing(key) }
            return value
        }
        old = Head(
            log: try read("log") { EventID($0) }, root: try read("root") { KeyID($0) },
            epoch: try members.count("epoch"), size: try members.count("size"),
            head: try read("head") { SHA256Digest(hex: $0) },
            merkleRoot: try read("merkle_root") { SHA256Digest(hex: $0) })
        lastTime = try read("last_ts") { Timestamp($0) }
        lastLabel = members.isNull("last_label") ? nil : try read("last_label") { Label($0) }
        artifacts = try members.count("artifacts")
        bytes = try members.count("bytes")
        recipients = try members.texts("recipients")
        stores = try members.texts("stores")
        guard let known = members.object("known_by"), let sha256 = known["lines"]?.string,
            let bytes = known["bytes"]?.integer
        else { throw members.missing("known_by") }
        source = Source(bytes: bytes, sha256: sha256, checkpoint: known["checkpoint"]?.integer)
        reason = try members.text("reason")
    }
}

extension BackupState {
    /// The newest label that was ever registered: here, or in the journal that this one succeeds.
    package var lastLabel: Label? { latest ?? succession?.lastLabel }

    /// Labels continue from the old journal's last one. That month itself may be taken again, as the new anchor:
    /// nothing of the old artifact can be opened, and its snapshot may still be on the workstation.
    func refuseBeforeSuccession(_ label: Label) throws(Refused) {
        guard let last = succession?.lastLabel, label < last else { return }
        throw Refused(
            "\(label) is before \(last), the last month of the journal that this one succeeds: labels only grow",
            hint: "nothing is backfilled; \(last) itself may be taken again")
    }
}

extension Succession {
    /// Reported by every audit, whatever a reviewer has signed: what was lost stays lost.
    var finding: AuditFinding {
        let covered =
            source.checkpoint.map { "\($0) of them under a signed checkpoint" }
            ?? "none of them under a signed checkpoint"
        return AuditFinding(
            .journalSucceeds, .notable, records: [], subject: old.log.description,
            "this journal succeeds journal \(old.log) (record \(Self.place)): \(reason); \(lost); its "
                + "\(Plain.counted(old.size, "record")), the last of \(lastTime), were known by their lines, \(covered)"
        )
    }

    /// `sealed to a key that was lost: 3 artifacts (1.2 MiB) up to dev@2026-01, and all that is in s3://…`
    package var lost: String {
        let label = lastLabel.map { " up to \($0)" } ?? ""
        let mirrors = stores.isEmpty ? "" : ", and all that is in \(Plain.list(stores))"
        return
            "sealed to a key that was lost: \(Plain.counted(artifacts, "artifact")) (\(Plain.bytes(bytes)))\(label)\(mirrors)"
    }
}
