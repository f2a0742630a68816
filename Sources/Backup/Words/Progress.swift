/// How far a long piece of work is, how fast it goes and when it will be done: arithmetic and text, no clock, no output.
///
///     var progress = Progress("receiving dev@2026-01", total: 1 << 30, startedAt: 0)
///     progress.reached(200 << 20, at: 2.5)
///     progress.text    // receiving dev@2026-01: 200.0 MiB of 1.0 GiB (19%), 80.0 MiB/s, 10 s left
package struct Progress: Sendable {
    /// Over how many seconds the rate is taken, about: long enough to be steady, short enough to follow a change.
    private static let memory = 10.0

    private let title: String
    /// Bytes in all; nil where nobody knows.
    private let total: Int?
    package private(set) var done: Int
    private var time: Double
    private let startTime: Double
    private let startDone: Int
    /// Bytes a second; nil until there is something to tell it from.
    package private(set) var rate: Double?

    /// - Parameters:
    ///   - done: bytes that were there before, as after an interrupted download; they count as done, not as fast.
    ///   - time: seconds of a clock that never goes back.
    package init(_ title: String, total: Int?, done: Int = 0, startedAt time: Double) {
        self.title = title
        self.total = total
        self.done = done
        self.time = time
        startTime = time
        startDone = done
    }

    /// Called as often as one likes; what goes back is taken as it is.
    package mutating func reached(_ done: Int, at time: Double) {
        let seconds = time - self.time
        // Steps of a moment say nothing of the rate.
        guard seconds >= 0.05 else { return self.done = done }
        let latest = Double(max(0, done - self.done)) / seconds
        let weight = min(1, seconds / min(Self.memory, max(seconds, time - startTime)))
        rate = rate.map { $0 + (latest - $0) * weight } ?? latest
        self.done = done
        self.time = time
    }

    /// Seconds to go; nil while it cannot be known.
    package var secondsLeft: Int? {
        guard let total, let rate, rate >= 1 else { return nil }
        let seconds = Double(max(0, total - done)) / rate
        return seconds < 1e9 ? Int(seconds.rounded(.up)) : nil
    }

    /// One line without an end, such as a terminal overwrites.
    package var text: String {
        var text = "\(title): \(Plain.bytes(done))"
        if let total {
            text += " of \(Plain.bytes(total))"
            if total > 0 { text += " (\(min(100, Int(Double(done) / Double(total) * 100)))%)" }
        }
        if let rate { text += ", \(Plain.bytes(Int(rate)))/s" }
        if let secondsLeft { text += ", \(Self.duration(secondsLeft)) left" }
        return text
    }

    /// The line for the end: how much, in what time, at what rate overall.
    package var summary: String {
        let seconds = time - startTime
        let moved = done - startDone
        var text = "\(title): \(Plain.bytes(moved)) in \(Self.duration(Int(seconds.rounded(.up))))"
        if seconds >= 0.05 { text += ", \(Plain.bytes(Int(Double(moved) / seconds)))/s" }
        return text
    }

    /// `8 s`, `2 min 5 s`, `3 h 20 min`, `9 d 4 h`.
    package static func duration(_ seconds: Int) -> String {
        switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }
}
