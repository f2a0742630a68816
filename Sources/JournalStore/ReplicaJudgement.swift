internal import DurableFiles
internal import JournalFormat

extension JournalDirectory {
    /// Reads a replica from its first record on; one that has none yet is not a failure.
    func replica(
        pin: ReplicaPin, heads: [SignedCheckpoint], upTo limit: Int, _ visit: ((Record, Span<UInt8>) -> Void)? = nil
    ) throws(ReplicaError) -> Replay {
        do throws(JournalError) {
            var replay = try begin(pinnedRoot: pin.root, heads: heads, growsTree: true)
            let names = try orFile { () throws(FileFailure) in try segmentNames() } ?? []
            if limit > 0, !names.isEmpty { try readReplica(into: &replay, upTo: limit, visit) }
            guard replay.verifier.log ?? pin.log == pin.log else { throw .damaged(DamageError(record: 1, .log)) }
            return replay
        } catch {
            throw .replica(error)
        }
    }

    /// A copy that was ended in its very first line has a segment and no record yet.
    private func readReplica(
        into replay: inout Replay, upTo limit: Int, _ visit: ((Record, Span<UInt8>) -> Void)?
    ) throws(JournalError) {
        do throws(JournalError) {
            try read(into: &replay, signatures: .head, upTo: limit, visit)
        } catch {
            guard case .damaged(DamageError(record: 1, .empty)) = error else { throw error }
        }
    }

    /// Checks a replica against its own checkpoint and the pinned root. An empty one has neither.
    func compareReplica(_ replay: inout Replay) throws(JournalError) {
        guard replay.verifier.size == 0 else { return try compare(heads: [], to: &replay) }
        if pathExists(checkpointPath) { throw .damaged(DamageError(record: 1, .empty)) }
    }
}

extension Replay {
    /// Takes an answer's lines, with every signature.
    mutating func follow(_ answer: DeliveryAnswer) throws(ReplicaError) {
        for line in answer.lines {
            do throws(JournalError) { try follow(line) } catch {
                if case .damaged(let damage) = error { throw .line(damage) }
                throw .replica(error)
            }
        }
        guard verifier.log ?? answer.log == answer.log else { throw .wrong("it is of another journal") }
    }

    /// Asks that this history is the one that the answer's checkpoint signs, that the pinned root vouches for it, and
    /// that every head that is remembered stands in it.
    func require(
        _ answer: DeliveryAnswer, pin: ReplicaPin, heads: [SignedCheckpoint]
    ) throws(ReplicaError) {
        guard let (head, finding) = try findings(answer, pin: pin, heads: heads).first else { return }
        throw .conflict(
            HeadConflict(finding: finding, size: head.checkpoint.size, ours: head, theirs: answer.checkpoint))
    }

    /// The remembered heads that do not stand in this history, and why.
    func findings(
        _ answer: DeliveryAnswer, pin: ReplicaPin, heads: [SignedCheckpoint]
    ) throws(ReplicaError) -> [(head: SignedCheckpoint, finding: HeadFinding)] {
        if verifier.size > 0 {
            do { try verifier.checkRoot() } catch { throw .line(error) }
        }
        if answer.isWhole {
            guard let id = verifier.keyring.sequencer, let key = verifier.keyring[id]?.key,
                answer.checkpoint.isSigned(by: key), answer.checkpoint.checkpoint == verifier.checkpoint()
            else { throw .wrong("its checkpoint is not that of its lines") }
        }
        var found: [(head: SignedCheckpoint, finding: HeadFinding)] = []
        for head in heads {
            let isBeyond = head.checkpoint.size > verifier.size || head.checkpoint.epoch > verifier.epoch
            if isBeyond, !answer.isWhole { continue }
            guard let finding = finding(of: head) else { continue }
            if case .damaged(let damage) = finding {
                throw .wrong("the remembered head of \(counted(records: head.checkpoint.size)): \(damage)")
            }
            found.append((head, finding))
        }
        return found
    }
}
