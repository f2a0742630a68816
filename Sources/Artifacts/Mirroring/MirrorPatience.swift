/// How long a mirror that is away is waited for, and in which steps. Pure.
///
/// Pauses double up to a minute, each shortened by chance by up to a half, so that many who lost it together do not come back
/// together. After ten minutes of them this run ends.
struct MirrorPatience {
    /// Milliseconds.
    private static let first = 1_000
    private static let longest = 60_000
    private static let inAll = 600_000

    private var failures = 0
    private var waited = 0

    /// The pause after one more failure.
    ///
    /// - Parameter random: from 0 to 1.
    /// - Returns: milliseconds; nil where it was waited for long enough.
    mutating func pause(random: Double) -> Int? {
        guard waited < Self.inAll else { return nil }
        let full = min(Self.longest, Self.first << min(failures, 10))
        let pause = full - Int(Double(full / 2) * random)
        failures += 1
        waited += pause
        return pause
    }
}
