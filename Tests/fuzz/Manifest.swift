import Digest
import JournalFormat

@testable import Backup

/// A manifest from before the journal is imported as it was read, and projected as it was imported; and whatever
/// `manifest.imported` says, projections refuse it or give whole rows.
///
/// The first byte is the mode. 0: the rest is a manifest. 1: it is events' data, one a line.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzManifest(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard let mode = input.first else { return 0 }
    if mode & 1 == 1 {
        readEvents(input[1...])
    } else if let text = String(validating: input[1...], as: UTF8.self) {
        importManifest(text)
    }
    return 0
}

private func importManifest(_ text: String) {
    let manifest = LegacyManifest(parsing: text, dataset: "dev")
    let lineCount = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
    require(!manifest.rows.isEmpty || !manifest.problems.isEmpty, "an empty manifest is a problem")
    require(manifest.problems.allSatisfy { (1...lineCount).contains($0.line) }, "a problem names a line")
    require(zip(manifest.problems, manifest.problems.dropFirst()).allSatisfy { $0.line <= $1.line }, "line by line")
    if !text.utf8.contains(UInt8(ascii: "\r")) {
        let other = String(decoding: text.utf8.flatMap { $0 == 10 ? [13, 10] : [$0] }, as: UTF8.self)
        require(LegacyManifest(parsing: other, dataset: "dev") == manifest, "CR LF ends a line as LF does")
    }
    guard manifest.problems.isEmpty else { return }
    let command = ManifestImport(
        .init(name: "old.tsv", sha256: String(repeating: "0", count: 64), bytes: text.utf8.count),
        manifest.rows.map { .init($0, localPath: $0.path ?? $0.name.localPath) })
    var state = opened()
    let events: [NewEvent]
    do throws(DecisionError) {
        events = try decide(.importManifest(command), state, thisMonth: Label(dataset: "dev", year: 9999, month: 12))
    } catch {
        fatalError("broken property: a manifest without a problem is imported: \(error)")
    }
    var rows: [ManifestImport.Row] = []
    for event in events {
        let bytes = JSONValue.object(event.data).bytes
        require(bytes.count < 64_000, "a part leaves room for the envelope")
        guard case .object(let data)? = try? JSONValue(parsing: bytes), let part = ManifestImport.Part(data) else {
            fatalError("broken property: what is written can be read")
        }
        rows += part.rows
        do throws(ProjectionError) { try evolve(&state, record(data, state.seq + 1)) } catch {
            fatalError("broken property: what was decided is projected: \(error)")
        }
    }
    require(rows == command.rows, "rows are read as they were written")
    check(state)
    // A manifest v2 is a manifest, too.
    let again = LegacyManifest(parsing: Manifest.tsv(state), dataset: "dev")
    require(again.problems.isEmpty && again.rows.count == rows.count, "the projection has the rows")
    for (row, old) in zip(again.rows, rows) {
        require(
            row.name == old.name && row.bytes == old.bytes && row.sha256 == old.sha256, "an artifact stays what it is")
        require(row.path == old.localPath && row.objectKey == old.objectKey, "an artifact stays where it is")
        require(old.ts == nil || row.ts == old.ts, "a time stays")
    }
    let repeated = try? decide(.importManifest(command), state, thisMonth: Label(dataset: "dev", year: 9999, month: 12))
    require(repeated?.isEmpty == true, "the same manifest again changes nothing")
}

private func readEvents(_ bytes: ArraySlice<UInt8>) {
    var state = opened()
    for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(64) {
        guard case .object(let data)? = try? JSONValue(parsing: Array(line)) else { continue }
        let before = Manifest.tsv(state)
        do throws(ProjectionError) {
            try evolve(&state, record(data, state.seq + 1))
            check(state)
        } catch {
            require(error.record == state.seq + 1, "a refusal names the record")
            require(Manifest.tsv(state) == before, "a refused part changes no row")
            // As a replay: nothing is projected after a refusal.
            return
        }
    }
}

/// What the projections owe their readers.
private func check(_ state: BackupState) {
    require(Set(state.order).count == state.order.count, "a label is registered once")
    let lines = Manifest.tsv(state).utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    require(lines.count == state.order.count + 2, "one line an artifact")
    for line in lines.dropLast() {
        let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        require(fields.count == 8 && !fields.contains { $0.isEmpty }, "eight fields, none of them empty")
    }
    require(!StateEnv.text(state).isEmpty, "there is a policy")
    for label in state.order {
        guard let plan = try? RestorePlan(label, state) else { continue }
        require(plan.steps.first?.artifact.name.kind == .full && plan.bytes >= 0, "a plan begins with an anchor")
    }
}

private func opened() -> BackupState {
    var state = BackupState.initial
    do throws(ProjectionError) {
        try evolve(&state, record(["dataset": .string("dev")], 1, type: "journal.opened"))
    } catch {
        fatalError("\(error)")
    }
    return state
}

private func record(_ data: JSONObject, _ seq: Int, type: String = "manifest.imported") -> Record {
    guard let key = KeyID(String(repeating: "0", count: 32)) else { fatalError("32 digits") }
    let ts = Timestamp(milliseconds: 1_769_889_600_000 + seq * 1000)
    let id = EventID(at: ts, random: [UInt8](repeating: UInt8(truncatingIfNeeded: seq), count: 10))
    return Record(
        seq: seq, epoch: 1, ts: ts, kid: key,
        event: Event(id: id, type: type, schema: 1, author: key, ts: ts, data: data), hash: SHA256Digest())
}
