/// The deadline that stands in every checkpoint: by then its sequencer wants to have signed another one, whether or not
/// anything was recorded. So anybody who holds a checkpoint and the public key can say that a server has fallen silent.
package enum CheckpointDue {
    private static let hour = 3_600_000
    /// Milliseconds from a signature to its deadline, before that is rounded up to a full hour.
    private static let ahead = 36 * hour
    /// A checkpoint is signed again when less than this is left of it.
    private static let renewal = 24 * hour

    /// A deadline further ahead than this is nobody's promise: with it, a thief of the key could hide for ever that the
    /// server fell silent.
    private static let furthest = 7 * 24 * hour

    /// What deadlines say at some moment.
    package enum Standing: Sendable, Equatable {
        /// A newer checkpoint is due by then.
        case awaited(Timestamp)
        /// It was due at that time, and nothing newer is known.
        case silent(since: Timestamp)
        /// The only ones are too far ahead to be believed; this is the nearest.
        case mistrusted(Timestamp)
        /// There is no checkpoint.
        case unknown
    }

    /// The newest deadline that can be believed counts.
    package static func standing(of deadlines: [Timestamp], at now: Timestamp) -> Standing {
        let believed = deadlines.filter { $0.milliseconds - now.milliseconds <= furthest }
        guard let newest = believed.max() else { return deadlines.min().map { .mistrusted($0) } ?? .unknown }
        return newest >= now ? .awaited(newest) : .silent(since: newest)
    }

    /// The deadline of what is signed at `now`. On the hour, so that what is signed twice in an hour of one head is the
    /// same note.
    package static func after(_ now: Timestamp) -> Timestamp {
        let hours = (now.milliseconds + ahead + hour - 1) / hour
        return min(Timestamp(milliseconds: hours * hour), .last)
    }

    /// Whether a note with this deadline may be shown once more instead of a new one. One that is further ahead than any
    /// signed now was signed by a clock that was wrong.
    package static func isFresh(_ due: Timestamp, at now: Timestamp) -> Bool {
        due <= after(now) && (due.milliseconds - now.milliseconds >= renewal || due == .last)
    }
}
