package import JournalFormat

/// Two histories where there should be one: what this machine remembers, and what the server's signed lines say.
package struct HeadConflict: Sendable {
    package let finding: HeadFinding
    /// How many records this machine remembers.
    package let size: Int
    /// The remembered head that does not fit; nil where only lines are at odds.
    package let ours: SignedCheckpoint?
    package let theirs: SignedCheckpoint
}

/// Why a replica cannot be read or brought up to date.
package enum ReplicaError: Error, CustomStringConvertible {
    /// The replica itself.
    case replica(JournalError)
    /// The outbox next to it.
    case outbox(JournalError)
    /// The answer is not an answer.
    case unreadable(MessageError)
    /// The answer contradicts itself, the delivery or the replica.
    case wrong(String)
    /// A line of the answer is not what the journal's rules ask for.
    case line(DamageError)
    case conflict(HeadConflict)

    package var description: String {
        switch self {
        case .replica(.damaged(let damage)) where damage.reason == .rootReplaced,
            .line(let damage) where damage.reason == .rootReplaced:
            "\(damage)"
        case .replica(.damaged(let damage)): "the replica is damaged: \(damage)"
        case .replica(let error), .outbox(let error): error.description
        case .unreadable(let refusal): "the server's answer cannot be read: \(refusal)"
        case .wrong(let what): "the server's answer is wrong: \(what)"
        case .line(let damage): "the server's answer holds a line that cannot be believed: \(damage)"
        case .conflict(let conflict): "\(conflict)"
        }
    }
}

func orReplica<Result: ~Copyable>(
    _ body: () throws(JournalError) -> Result
) throws(ReplicaError) -> Result {
    do { return try body() } catch { throw .replica(error) }
}

func orOutbox<Result: ~Copyable>(
    _ body: () throws(JournalError) -> Result
) throws(ReplicaError) -> Result {
    do { return try body() } catch { throw .outbox(error) }
}
