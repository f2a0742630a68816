/// The numbers of the rules. Times in milliseconds.
package struct AuditLimits: Sendable, Equatable {
    package static let day = 86_400_000

    /// An operation may take so long before its counterpart counts as missing.
    package var grace = day
    /// Terabytes over a slow line take more than a week.
    package var uploadGrace = 14 * day
    /// No record for so long is a silence: a month, and half of one more.
    package var silence = 45 * day
    /// An author's time may differ so much from the sequencer's.
    package var skew = day
    /// The sequencer's time may stand still so long: a command may have waited for another one.
    package var standstill = 60_000
    /// A record may be so far ahead of the clock that reads it.
    package var future = 5 * 60_000
    /// A drill holds so long: half a year.
    package var drill = 183 * day
    /// The server's copy of an artifact should be checked against its hash so often.
    package var check = 92 * day
    /// An artifact is an outlier above so many times, or below that fraction of, the median before it …
    package var sizeFactor = 4
    /// … if it is so many bytes away from it …
    package var sizeDistance = 1 << 20
    /// … and there are so many increments to compare with. Anchors are rare: one is enough.
    package var sizeSamples = 3

    package init() {}
}
