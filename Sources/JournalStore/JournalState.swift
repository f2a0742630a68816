package import Digest
package import JournalFormat

/// What a journal's records add up to. This module knows lines and keys; what an event means is said by anybody who
/// names a journal's directory.
package protocol JournalState: Sendable {
    /// Before the first record.
    static var initial: Self { get }

    /// Whether an event of this type leaves the state as it is: its data is not taken apart then.
    static func isUnchanged(by type: Span<UInt8>, schema: Int) -> Bool

    /// Takes a record whose event may change the state.
    mutating func evolve(_ record: Record) throws(ProjectionError)

    /// Takes a record whose event leaves the state as it is.
    mutating func pass(seq: Int, hash: SHA256Digest, ts: Timestamp)

    /// What scripts go by, as text. An append whose state was not read finds it in the cache, and knows by it whether
    /// their files are right.
    var summary: String { get }
}
