import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Mirror
import ObjectStore
import SystemPackage

/// What `push --dry-run` shows: what would be sent, and what it would cost.
struct PushPreview {
    private let machine: Machine
    private let reader: MirrorReader

    init(_ machine: Machine, _ reader: MirrorReader) {
        self.machine = machine
        self.reader = reader
    }

    func show(asJSON: Bool) throws {
        let server = machine.server
        let state = try machine.state()
        let push = Push(reader, recipients: [], root: server.root)
        let missing = push.missing(state)
        let stored = try reader.store.list(prefix: reader.layout.prefix)
        let journalObjects = stored.count { $0.key.text.hasPrefix(reader.layout.journalPrefix) }
        let estimate = PushEstimate(
            artifacts: try missing.map { ($0.artifact.bytes, try machine.partCount($0.artifact.bytes)) },
            records: state.seq, committed: try reader.checkpoint()?.signed.checkpoint.size,
            segmentBytes: try (server.journal.segmentNames() ?? []).map { name in
                Int(try OpenFile(regular: server.journal.path.appending(name), .readOnly).size())
            }, listingPages: max(1, (journalObjects + 999) / 1000),
            predecessor: try push.missingPredecessor(state, in: server.journal, stored))
        let storedBytes = stored.reduce(0) { $0 + Int($1.size) }
        let now = R2Prices.requests(estimate.requests)
        let month = R2Prices.month(bytes: storedBytes + estimate.newBytes)
        if asJSON {
            Terminal.json([
                "artifacts": .array(
                    missing.map {
                        .object([
                            "name": .string($0.artifact.name.description), "bytes": .integer($0.artifact.bytes),
                        ])
                    }), "objects": .integer(estimate.newObjects), "bytes": .integer(estimate.newBytes),
                "stored_objects": .integer(stored.count), "stored_bytes": .integer(storedBytes),
                "class_a": .integer(estimate.requests.classA), "class_b": .integer(estimate.requests.classB),
                "usd_push": .string(now.decimal), "usd_month": .string(month.decimal),
            ])
            return
        }
        for entry in missing { Terminal.data("\(entry.artifact.name)\t\(entry.artifact.bytes)") }
        Terminal.say(
            "\(Plain.counted(missing.count, "artifact")) and the journal would be uploaded: "
                + "\(Plain.counted(estimate.newObjects, "new object")), \(Terminal.bytes(estimate.newBytes)), with at most "
                + "\(estimate.requests.classA) requests of class A and \(estimate.requests.classB) of class B")
        Terminal.say(
            "Cloudflare R2 would charge \(now) for that, and \(month) a month for the "
                + "\(Terminal.bytes(storedBytes + estimate.newBytes)) that are then stored (\(R2Prices.free))")
    }
}
