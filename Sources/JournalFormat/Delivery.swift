package import Digest

/// What a workstation sends: the heads it holds, and events that are not recorded yet (journal-format.md,
/// "Deliveries").
///
///     devjournal-delivery-v1 019c15a4-1200-767e-aacb-e773cdde221d
///     heads 2
///     8 23cc2f9bc1cc5007a67f035222cd89f5e3eb1cb14d5aeaf75b87de971b46654d
///     7 …
///     events 1
///     {"id":…,"sig":…}
package struct Delivery: Sendable, Equatable {
    /// A place in a journal: so many records, the last of which has this hash.
    package struct Head: Sendable, Equatable {
        package let size: Int
        package let hash: SHA256Digest

        package init(size: Int, hash: SHA256Digest) {
            self.size = size
            self.hash = hash
        }
    }

    package static let maximumHeads = 64
    package static let maximumEvents = 4096
    /// Bytes of a whole delivery.
    package static let maximumLength = 1 << 24
    private static let magic = "devjournal-delivery-v1"

    package let log: EventID
    /// The replica's own first, then older ones, so that the other side finds the last that both hold.
    package let heads: [Head]
    /// As they were signed, without LF. Each is judged on its own, so here they are only bytes.
    package let events: [[UInt8]]

    package init(log: EventID, heads: [Head], events: [[UInt8]]) {
        self.log = log
        self.heads = heads
        self.events = events
    }

    package var bytes: [UInt8] {
        var bytes = Array("\(Self.magic) \(log)\nheads \(heads.count)\n".utf8)
        for head in heads { bytes += "\(head.size) \(head.hash.hex)\n".utf8 }
        bytes += "events \(events.count)\n".utf8
        for event in events {
            bytes += event
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    package init(parsing bytes: [UInt8]) throws(MessageError) {
        var lines = MessageLines(bytes)
        guard bytes.count <= Self.maximumLength else { throw lines.refusal("more than \(Self.maximumLength) bytes") }
        guard let log = EventID(String(try lines.words(after: Self.magic, count: 1)[0])) else {
            throw lines.refusal("no journal's id")
        }
        var heads: [Head] = []
        for _ in 0..<(try lines.number(try lines.words(after: "heads", count: 1)[0], limit: Self.maximumHeads)) {
            let words = try lines.text().split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let hash = SHA256Digest(hex: words[1]) else { throw lines.refusal("no head") }
            let size = try lines.number(words[0])
            guard size >= 1, size < heads.last?.size ?? .max else { throw lines.refusal("not a smaller size") }
            heads.append(Head(size: size, hash: hash))
        }
        var events: [[UInt8]] = []
        for _ in 0..<(try lines.number(try lines.words(after: "events", count: 1)[0], limit: Self.maximumEvents)) {
            events.append(Array(try lines.line()))
        }
        try lines.requireEnd()
        self.init(log: log, heads: heads, events: events)
    }

    /// The sizes whose heads a replica names: its own, then ever wider apart, down to the first record.
    package static func sizes(of size: Int) -> [Int] {
        var sizes: [Int] = []
        var (next, step) = (size, 1)
        while next >= 1 {
            sizes.append(next)
            next -= step
            step *= 2
        }
        if let last = sizes.last, last > 1 { sizes.append(1) }
        return sizes
    }
}
