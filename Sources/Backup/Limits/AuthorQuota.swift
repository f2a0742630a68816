package import JournalFormat

/// What a workstation's key may add in 24 hours. An honest one does not come near it, not even with the outbox of a
/// year: who has its key cannot make the journal, and its mirrors, grow without end.
package struct AuthorQuota: Sendable, Equatable {
    /// Milliseconds.
    package static let period = 86_400_000

    /// Delivered events.
    package var events = 20_000
    /// Bytes of delivered events, as they were signed.
    package var bytes = 32 << 20
    /// Artifacts that are registered by way of ssh.
    package var artifacts = 16

    package init() {}

    package static let none: AuthorQuota = {
        var quota = AuthorQuota()
        (quota.events, quota.bytes, quota.artifacts) = (.max, .max, .max)
        return quota
    }()
}

/// What was recorded in the last 24 hours, by the journal's own times.
package struct RecentRecords: Sendable, Equatable {
    package struct Use: Sendable, Equatable {
        package var events = 0
        package var bytes = 0
        /// When the oldest of them was recorded.
        package var oldest: Timestamp

        package init(events: Int = 0, bytes: Int = 0, oldest: Timestamp) {
            self.events = events
            self.bytes = bytes
            self.oldest = oldest
        }
    }

    /// By the events' author.
    package var authors: [KeyID: Use] = [:]
    /// `artifact.registered`
    package var artifacts: Use?

    package init() {}

    /// Counts a record; they come newest first.
    package mutating func count(_ author: KeyID, bytes: Int, at time: Timestamp, isRegistration: Bool) {
        func added(to use: Use?) -> Use {
            Use(events: (use?.events ?? 0) + 1, bytes: (use?.bytes ?? 0) + bytes, oldest: time)
        }
        authors[author] = added(to: authors[author])
        if isRegistration { artifacts = added(to: artifacts) }
    }
}

/// Lets events of a delivery through until their author's share of the day is used up, and from the first one that has
/// to wait on none at all: they stay in their order.
package struct QuotaGate {
    private let quota: AuthorQuota
    private var recent: RecentRecords
    private let now: Timestamp
    private var closed: EventAnswer.Explanation?

    package init(_ quota: AuthorQuota, _ recent: RecentRecords, now: Timestamp) {
        self.quota = quota
        self.recent = recent
        self.now = now
    }

    /// Nil where the event may be recorded now.
    package mutating func refusal(bytes: Int, by author: KeyID) -> EventAnswer.Explanation? {
        if let closed { return closed }
        var use = recent.authors[author] ?? RecentRecords.Use(oldest: now)
        // A single event always fits, or one that is larger than the quota would wait for ever.
        guard use.events == 0 || use.events < quota.events && use.bytes <= quota.bytes - bytes else {
            closed = Self.explanation(
                use.events >= quota.events
                    ? "\(use.events) events, AUTHOR_EVENTS_PER_DAY" : "\(use.bytes) bytes, AUTHOR_BYTES_PER_DAY",
                until: use.oldest)
            return closed
        }
        use.events += 1
        use.bytes += bytes
        recent.authors[author] = use
        return nil
    }

    private static func explanation(_ what: String, until oldest: Timestamp) -> EventAnswer.Explanation {
        let end = Timestamp(milliseconds: oldest.milliseconds + AuthorQuota.period)
        return .init(
            EventAnswer.Explanation.quota,
            "the quota of this key is used up (\(what)); there is room again from \(end) on")
    }
}
