package import Backup
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import Mirror
import ObjectStore
import SystemPackage

/// What a push would send, and what it would cost.
package struct PushPreview {
    package let missing: [BackupState.Entry]
    package let estimate: PushEstimate
    package let storedObjects: Int
    package let storedBytes: Int
    /// For the push, and for a month of what is then stored.
    package let now: Money
    package let month: Money

    package init(_ machine: Machine, _ reader: MirrorReader) throws {
        let server = machine.server
        let state = try machine.state()
        let push = Push(reader, recipients: [], root: server.root)
        missing = push.missing(state)
        let stored = try reader.store.list(prefix: reader.layout.prefix)
        let journalObjects = stored.count { $0.key.text.hasPrefix(reader.layout.journalPrefix) }
        let committed = try reader.checkpoint()?.signed.checkpoint.size
        estimate = PushEstimate(
            artifacts: try missing.map { ($0.artifact.bytes, try machine.partCount($0.artifact.bytes)) },
            records: state.seq, committed: committed,
            lineBytes: try Push.lineBytes(of: server.journal, records: state.seq, committed: committed ?? 0),
            listingPages: max(1, (journalObjects + 999) / 1000),
            predecessor: try push.missingPredecessor(state, in: server.journal, stored))
        storedObjects = stored.count
        storedBytes = stored.reduce(0) { $0 + Int($1.size) }
        now = R2Prices.requests(estimate.requests)
        month = R2Prices.month(bytes: storedBytes + estimate.newBytes)
    }

    package var json: JSONObject {
        [
            "artifacts": .array(
                missing.map {
                    .object([
                        "name": .string($0.artifact.name.description), "bytes": .integer($0.artifact.bytes),
                    ])
                }), "objects": .integer(estimate.newObjects), "bytes": .integer(estimate.newBytes),
            "stored_objects": .integer(storedObjects), "stored_bytes": .integer(storedBytes),
            "class_a": .integer(estimate.requests.classA), "class_b": .integer(estimate.requests.classB),
            "usd_push": .string(now.decimal), "usd_month": .string(month.decimal),
        ]
    }
}
