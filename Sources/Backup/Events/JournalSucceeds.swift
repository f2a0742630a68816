internal import Digest
package import JournalFormat

/// `journal.succeeds`: this journal takes over from another one.
struct JournalSucceeds: ProjectedEvent {
    static let type = CoreEventType.journalSucceeds
    static let maker = EventMaker.command("init --succeeds")
    static let wording = EventWording {
        [
            "journal", $0.text("log"), "of \(Plain.counted($0.number("size"), "record")),",
            $0.text("last_label").map { "up to \($0):" } ?? "without a backup:", $0.text("reason"),
        ]
    } sentence: {
        "it succeeds journal \($0.said("log")) of \(Plain.counted($0.number("size"), "record")): \($0.said("reason"))"
    }

    let succession: Succession

    init(_ members: EventMembers) throws(ProjectionError) {
        func read<Value>(_ key: String, _ value: (String) -> Value?) throws(ProjectionError) -> Value {
            guard let value = value(try members.text(key)) else { throw members.missing(key) }
            return value
        }
        let old = Succession.Head(
            log: try read("log") { EventID($0) }, root: try read("root") { KeyID($0) },
            epoch: try members.count("epoch"), size: try members.count("size"),
            head: try read("head") { SHA256Digest(hex: $0) },
            merkleRoot: try read("merkle_root") { SHA256Digest(hex: $0) })
        let lastTime = try read("last_ts") { Timestamp($0) }
        let lastLabel = members.isNull("last_label") ? nil : try read("last_label") { Label($0) }
        let (artifacts, bytes) = (try members.count("artifacts"), try members.count("bytes"))
        let (recipients, stores) = (try members.texts("recipients"), try members.texts("stores"))
        guard let known = members.object("known_by"), let lines = known["lines"]?.string,
            let length = known["bytes"]?.integer
        else { throw members.missing("known_by") }
        succession = Succession(
            old: old, lastTime: lastTime, lastLabel: lastLabel, artifacts: artifacts, bytes: bytes,
            recipients: recipients, stores: stores,
            source: Succession.Source(bytes: length, sha256: lines, checkpoint: known["checkpoint"]?.integer),
            reason: try members.text("reason"))
    }

    func change(_ state: inout BackupState, in record: Record) throws(ProjectionError) {
        guard record.seq == Succession.place else {
            throw ProjectionError(
                record: record.seq, message: "journal.succeeds is not record \(Succession.place)")
        }
        state.succession = succession
    }
}

extension Succession {
    package var event: NewEvent {
        JournalSucceeds.event([
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
        ])
    }

    /// What a record says of the journal before; nil where it is another event.
    package static func said(in record: Record) throws(ProjectionError) -> Succession? {
        (try CoreEvents.read(record) as? JournalSucceeds)?.succession
    }
}
