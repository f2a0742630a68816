import Backup
import Digest
import DurableFiles
package import JournalFormat
import JournalStore

/// `prove`: that a record is in the journal, or that a checkpoint continues an older one.
package struct Proving {
    package enum Statement: Sendable, Equatable {
        case record(Int)
        /// From a checkpoint of that size.
        case continues(Int)

        fileprivate var covered: Int {
            switch self {
            case .record(let seq): seq
            case .continues(let size): size
            }
        }

        /// Whether a checkpoint of that size will do.
        fileprivate func isCovered(by size: Int) -> Bool {
            switch self {
            case .record(let seq): size >= seq
            case .continues(let older): size > older
            }
        }
    }

    private let machine: Machine
    private let journal: ReadableJournal
    private let isNamed: Bool

    /// - Parameter path: a journal's directory that a person named: nothing is signed then.
    package init(_ machine: Machine, named path: String?) throws {
        self.machine = machine
        journal = try ReadableJournal(machine, named: path)
        isNamed = path != nil
    }

    /// Uses the journal's checkpoint where that covers it, else signs one.
    package func prove(_ statement: Statement) throws -> ProofFile {
        let checkpoint = try checkpoint(for: statement)
        let size = checkpoint.checkpoint.size
        var prover: MerkleProver
        let claim: ProofFile.Statement
        switch statement {
        case .record(let seq):
            claim = .inclusion(index: seq - 1)
            prover = MerkleProver(inclusionOf: seq - 1, size: size)
        case .continues(let older):
            claim = .consistency(from: older)
            prover = MerkleProver(consistencyFrom: older, to: size)
        }
        var lines: [[UInt8]] = []
        var hasher = SHA256()
        _ = try journal.replay(upTo: size) { record, line in
            prover.append(line, &hasher)
            if .record(record.seq) == statement || record.event.isKeyEvent {
                lines.append(Array(copying: line))
            }
        }
        return ProofFile(claim, path: prover.path(), lines: lines, checkpoint: checkpoint)
    }

    private func checkpoint(for statement: Statement) throws -> SignedCheckpoint {
        let (size, known) = try head()
        guard statement.covered <= size else { throw ProofError.noRecord(statement.covered, size: size) }
        if let known, statement.isCovered(by: known.checkpoint.size) { return known }
        guard !isNamed, journal.replica == nil, pathExists(machine.server.sequencerKey) else {
            throw ProofError.notCovered(by: known?.checkpoint.size ?? 0)
        }
        return try machine.openJournal(.reading).writeCheckpoint()
    }

    private func head() throws -> (size: Int, checkpoint: SignedCheckpoint?) {
        let replay = try journal.replay()
        return (replay.verifier.size, replay.checkpoint)
    }
}
