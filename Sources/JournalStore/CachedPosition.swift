internal import Digest
internal import JournalFormat

/// What `cache/position` says.
struct CachedPosition {
    var verifier: VerifierPosition
    /// The start of the machine that it was written in.
    var boot: String
    /// The last segment's stamp.
    var segment: String
    /// Bytes, LF included.
    var lastLineLength: Int
    /// SHA-256 of the directory's checkpoint, which the lines agree with; `-` for none.
    var checkpoint: String
    /// Bytes in `cache/state`, and the chain over its lines.
    var stateLength: Int
    var stateChain: SHA256Digest
    var slotCount: Int
    var idCount: Int
    var idHash: EventIDHash
    /// The state's.
    var summary: String
}

extension CachedPosition {
    var fields: JSONObject {
        [
            "epoch": .integer(verifier.epoch), "size": .integer(verifier.size), "head": .string(verifier.head.hex),
            "ts": .string(verifier.lastTime.description),
            "subtrees": .array(verifier.subtrees.map { .string($0.hex) }), "boot": .string(boot),
            "segment": .string(segment), "last_line": .integer(lastLineLength), "checkpoint": .string(checkpoint),
            "state_length": .integer(stateLength), "state_chain": .string(stateChain.hex),
            "slots": .integer(slotCount), "ids": .integer(idCount), "id_hash": .string(idHash.text),
            "state_env": .string(summary),
        ]
    }

    /// Nil where a member is missing or of another shape.
    init?(_ fields: JSONObject) {
        func number(_ key: String) -> Int? { fields[key]?.integer.flatMap { $0 >= 0 ? $0 : nil } }
        func hash(_ key: String) -> SHA256Digest? { fields[key]?.string.flatMap { SHA256Digest(hex: $0) } }
        guard let epoch = number("epoch"), let size = number("size"), size > 0, let head = hash("head"),
            let ts = fields["ts"]?.string.flatMap({ Timestamp(Array($0.utf8).span) }),
            let subtrees = fields["subtrees"]?.array?.compactMap({ $0.string.flatMap { SHA256Digest(hex: $0) } }),
            let boot = fields["boot"]?.string, let segment = fields["segment"]?.string,
            let lastLineLength = number("last_line"), lastLineLength <= RecordLayout.maximumLineLength,
            let checkpoint = fields["checkpoint"]?.string, let stateLength = number("state_length"),
            let stateChain = hash("state_chain"), let slotCount = number("slots"), let idCount = number("ids"),
            let idHash = fields["id_hash"]?.string.flatMap({ EventIDHash($0) }),
            let summary = fields["state_env"]?.string
        else { return nil }
        verifier = VerifierPosition(epoch: epoch, size: size, head: head, lastTime: ts, subtrees: subtrees)
        self.boot = boot
        self.segment = segment
        self.lastLineLength = lastLineLength
        self.checkpoint = checkpoint
        self.stateLength = stateLength
        self.stateChain = stateChain
        self.slotCount = slotCount
        self.idCount = idCount
        self.idHash = idHash
        self.summary = summary
    }
}
