import Backup
package import JournalFormat
package import JournalStore

extension Verdict {
    package var json: JSONObject {
        func text(_ value: (some CustomStringConvertible)?) -> JSONValue {
            value.map { .string($0.description) } ?? .null
        }
        func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
        return [
            "verdict": .string(kind.rawValue), "records": .integer(records), "epoch": number(epoch),
            "log": text(log), "root": text(root), "root_pinned": .bool(isRootPinned), "head": text(head),
            "merkle_root": text(merkleRoot), "checkpoint": number(checkpoint),
            "reason": text(finding?.reason.rawValue), "record": number(finding?.record),
            "warnings": .array(
                warnings.map { .object(["record": .integer($0.record), "reason": .string($0.reason.rawValue)]) }),
            "torn_bytes": .integer(tornBytes), "root_retired": number(pinnedRootRetiredAt),
            "root_replaced": number(replacement?.record),
        ]
    }

    private var rootLines: [String] {
        guard let root else { return [] }
        guard let pinnedRoot else { return ["root: \(root), believed from record 1; give --root to be sure"] }
        if finding?.reason == .root { return ["root: \(root), not the one expected"] }
        if finding?.reason == .rootReplaced { return ["root: \(pinnedRoot), the one expected, until it was replaced"] }
        var lines = ["root: \(root), the one expected"]
        if pinnedRoot != root {
            lines = ["root: \(root); the one expected, \(pinnedRoot), came later and started an epoch"]
        }
        if let seq = pinnedRootRetiredAt {
            lines.append("note: the root expected was retired by record \(seq); remember the one that followed it")
        }
        return lines
    }

    private var replacementLines: [String] {
        guard let replacement else { return [] }
        let endorsers = replacement.endorsers.map(\.description).joined(separator: ", ")
        var lines = [
            "note: record \(replacement.record) replaced the root by \(replacement.root), endorsed by \(endorsers); "
                + "no old root agreed"
        ]
        if finding?.reason == .rootReplaced {
            lines.append(
                "what to do: ask the person who runs the journal why; compare the new fingerprint with the new kit or the "
                    + "server's own screen, not over the network; then: devjournal verify --root NEW")
        }
        return lines
    }

    /// What was checked, what was found, and what nobody can know from these files alone.
    package var text: String {
        var lines: [String] = []
        switch kind {
        case .sound: lines.append("sound: \(Plain.counted(records, "record")), every signature checked")
        case .warnings:
            lines.append("sound with warnings: \(Plain.counted(records, "record")), every signature checked")
        case .torn:
            lines.append(
                "torn tail: \(Plain.counted(records, "sound record")), then \(Plain.counted(tornBytes, "byte")) of a line not written to its end"
            )
        case .damaged: lines.append("damaged: \(finding?.description ?? "")")
        }
        for warning in warnings {
            lines.append("warning: record \(warning.record): \(warning.reason.rawValue): \(warning.reason.explanation)")
        }
        if warnings.contains(where: { $0.reason == .authorSkew }) {
            lines.append(
                "note: an event keeps its date for ever, and so its warning; devjournal audit names whose it is, and "
                    + "devjournal audit sign records that a person has seen it")
        }
        if let refusal { lines.append("note: projections refuse this journal: \(refusal)") }
        if let epoch { lines.append("epoch: \(epoch)") }
        lines += rootLines + replacementLines
        if let head { lines.append("head: record \(records), \(head)") }
        if let merkleRoot { lines.append("merkle root: \(merkleRoot)") }
        if let checkpoint { lines.append("checkpoint: covers \(Plain.counted(checkpoint, "record")) and matches") }
        lines.append("not knowable here: whether records after the last remembered head were cut off")
        return lines.joined(separator: "\n")
    }
}
