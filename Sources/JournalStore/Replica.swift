internal import DurableFiles
package import JournalFormat
package import SystemPackage

/// A workstation's verified copy of the journal: a journal directory that only the server's signed lines get into.
///
/// What an answer brings is judged with every signature and checked against everything this machine remembers before a
/// byte of it is written.
package struct Replica: ~Copyable {
    package let directory: JournalDirectory
    package let pin: ReplicaPin
    /// What this machine remembers.
    package let heads: [SignedCheckpoint]
    package private(set) var replay: Replay
    private let lock: FileLock

    /// What an answer added.
    package struct Update: Sendable {
        /// Records.
        package let added: Int
        /// To be remembered: its lines are in the replica, durably. Nil where more lines are to come.
        package let head: SignedCheckpoint?
        /// Where the added lines hold events that were asked for.
        package let recorded: [EventID: Int]
    }

    /// Opens the replica, making its directory where it is missing, and waits for the process that is bringing it up to
    /// date.
    ///
    /// - Parameter visit: is given each record.
    package init(
        _ directory: JournalDirectory, lock lockPath: FilePath, pin: ReplicaPin, heads: [SignedCheckpoint],
        visit: ((Record, Span<UInt8>) -> Void)? = nil
    ) throws(ReplicaError) {
        let lock = try orReplica { () throws(JournalError) in
            try orFile { () throws(FileFailure) in
                try makeDirectories(directory.path, permissions: 0o700)
                return try FileLock(lockPath)
            }
        }
        if pathExists(directory.poisonPath) { throw .replica(.poisoned(directory.poisonPath)) }
        var replay = try directory.replica(pin: pin, heads: heads, upTo: .max, visit)
        do throws(JournalError) {
            try directory.compareReplica(&replay)
            try directory.setAsideTornTail(&replay)
            try directory.synchronizeTail(size: replay.verifier.size)
        } catch {
            throw .replica(error)
        }
        self.lock = lock
        self.directory = directory
        self.pin = pin
        self.heads = heads
        self.replay = replay
    }

    package var size: Int { replay.verifier.size }

    /// What a delivery says of it: its own head, and older ones.
    package func deliveryHeads() throws(ReplicaError) -> [Delivery.Head] {
        try orReplica { () throws(JournalError) in try directory.heads(at: Delivery.sizes(of: size)) }
    }

    /// Whether all that is remembered lies within it.
    package var reachesHeads: Bool {
        heads.allSatisfy { $0.checkpoint.epoch <= replay.verifier.epoch && $0.checkpoint.size <= size }
    }

    /// Judges an answer, and adds its lines durably.
    ///
    /// - Parameter events: those whose places are wanted, by their ids.
    /// - Throws: `.conflict` where the histories differ; nothing is written then.
    package mutating func take(
        _ answer: DeliveryAnswer, events: [EventID: [UInt8]] = [:]
    ) throws(ReplicaError) -> Update {
        let before = size
        guard answer.log == pin.log else { throw .wrong("it is of another journal") }
        guard answer.from == before else {
            guard answer.from < before else { throw .wrong("it continues from a record that was not asked for") }
            throw try disagreement(answer, under: pin)
        }
        try replay.follow(answer)
        try replay.require(answer, pin: pin, heads: heads)
        let recorded = try Self.places(of: events, in: answer)
        do throws(JournalError) { try directory.write(answer, over: before) } catch { throw .replica(error) }
        return Update(added: answer.lines.count, head: answer.isWhole ? answer.checkpoint : nil, recorded: recorded)
    }

    private static func places(
        of events: [EventID: [UInt8]], in answer: DeliveryAnswer
    ) throws(ReplicaError) -> [EventID: Int] {
        guard !events.isEmpty else { return [:] }
        var places: [EventID: Int] = [:]
        for (offset, line) in answer.lines.enumerated() {
            guard let event = RecordedEvent(line.span), let mine = events[event.id] else { continue }
            // The author's signature has been checked; an id of ours with other content is not our event.
            if mine == event.bytes { places[event.id] = answer.from + offset + 1 }
        }
        return places
    }

    /// What the server's history is where it does not hold this replica's head.
    fileprivate func disagreement(
        _ answer: DeliveryAnswer, under pin: ReplicaPin
    ) throws(ReplicaError) -> ReplicaError {
        do throws(ReplicaError) {
            _ = try otherHistory(answer, under: pin)
        } catch {
            return error
        }
        return .wrong("it does not continue from the replica's head, but leads there")
    }

    /// The server's history from the last record that both hold, judged with every signature.
    ///
    /// - Throws: `.conflict`, unless it is this replica's history.
    private func otherHistory(
        _ answer: DeliveryAnswer, under pin: ReplicaPin
    ) throws(ReplicaError) -> Replay {
        guard answer.isWhole else { throw .wrong("it differs from the replica, and is too long to be checked") }
        var other = try directory.replica(pin: pin, heads: heads, upTo: answer.from)
        try other.follow(answer)
        try other.require(answer, pin: pin, heads: heads)
        if let conflict = try lineConflict(answer, other) { throw .conflict(conflict) }
        return other
    }

    /// Lines that are at odds, whatever was remembered of them.
    private func lineConflict(
        _ answer: DeliveryAnswer, _ other: borrowing Replay
    ) throws(ReplicaError) -> HeadConflict? {
        func conflict(_ finding: HeadFinding) -> HeadConflict {
            HeadConflict(finding: finding, size: size, ours: replay.checkpoint, theirs: answer.checkpoint)
        }
        let common = try commonSize(answer)
        if common == size { return nil }
        if let base = other.verifier.nextBase(after: replay.verifier.epoch), base <= size {
            return conflict(common == base ? .cut(base: base) : .fork(record: common + 1))
        }
        return conflict(common == answer.reach ? .shorter(size: common) : .fork(record: common + 1))
    }

    /// How many records the answer's history and the replica have in common.
    fileprivate func commonSize(_ answer: DeliveryAnswer) throws(ReplicaError) -> Int {
        let last = min(size, answer.reach)
        let mine = try orReplica { () throws(JournalError) in
            try directory.lines(from: answer.from + 1, through: last)
        }
        return answer.from + zip(mine, answer.lines).prefix { $0 == $1 }.count
    }
}

// MARK: Another root

extension Replica {
    /// An answer whose lines another root than the pinned one vouches for.
    package struct OtherRoot: Sendable {
        fileprivate let answer: DeliveryAnswer
        package let root: KeyID
        package let keyring: Keyring
        /// Where the roots were replaced by one that none of them agreed to.
        package let replacements: [Verifier.Replacement]
    }

    /// Judges an answer under a root that a person has named. Everything else that is remembered has to stand in it.
    ///
    /// - Throws: `.line` where that root does not vouch for the journal.
    package func judge(_ answer: DeliveryAnswer, under root: KeyID) throws(ReplicaError) -> OtherRoot {
        guard answer.log == pin.log else { throw .wrong("it is of another journal") }
        let new = ReplicaPin(log: pin.log, root: root)
        guard answer.from == size else {
            guard answer.from < size else { throw .wrong("it continues from a record that was not asked for") }
            throw try disagreement(answer, under: new)
        }
        var other = try directory.replica(pin: new, heads: heads, upTo: .max)
        try other.follow(answer)
        try other.require(answer, pin: new, heads: heads)
        return OtherRoot(
            answer: answer, root: root, keyring: other.verifier.keyring, replacements: other.verifier.replacements)
    }

    /// Adds the judged lines durably. The pin is still the old one: a run that is interrupted after this pins again.
    package consuming func take(_ judged: OtherRoot) throws(ReplicaError) -> Update {
        do throws(JournalError) { try directory.write(judged.answer, over: size) } catch { throw .replica(error) }
        return Update(
            added: judged.answer.lines.count, head: judged.answer.isWhole ? judged.answer.checkpoint : nil,
            recorded: [:])
    }
}

// MARK: A cut

extension Replica {
    /// What accepting a cut gives up.
    package struct Cut: Sendable {
        package let superseded: [SignedCheckpoint]
        /// How many records of the heads given up the server still has.
        package let base: Int
        /// The server's, now.
        package let epoch: Int
        package let head: SignedCheckpoint
        /// Records of the replica that are lost.
        package let lost: Int
    }

    /// Judges an answer that may show a cut; nil where it shows none.
    ///
    /// - Throws: `.conflict` for a fork or a journal that is too short, which nobody may accept.
    package func cut(_ answer: DeliveryAnswer) throws(ReplicaError) -> Cut? {
        guard answer.log == pin.log else { throw .wrong("it is of another journal") }
        guard answer.isWhole else { throw .wrong("it is not the whole of what is new; run devjournal deliver first") }
        guard answer.from <= size else { throw .wrong("it continues from a record that was not asked for") }
        var other = try directory.replica(pin: pin, heads: heads, upTo: answer.from)
        try other.follow(answer)
        let findings = try other.findings(answer, pin: pin, heads: heads)
        var superseded: [SignedCheckpoint] = []
        var bases: [Int] = []
        for (head, finding) in findings {
            guard case .cut(let base) = finding else {
                throw .conflict(HeadConflict(finding: finding, size: size, ours: head, theirs: answer.checkpoint))
            }
            superseded.append(head)
            bases.append(base)
        }
        let common = try commonSize(answer)
        if let conflict = try lineConflict(answer, other) {
            guard case .cut(let base) = conflict.finding else { throw .conflict(conflict) }
            bases.append(base)
        }
        guard let base = bases.min() else { return nil }
        return Cut(
            superseded: superseded, base: base, epoch: other.verifier.epoch, head: answer.checkpoint,
            lost: size - common)
    }

    /// Puts the server's lines in the place of the lost ones, which are kept in a file of their own. Interrupted, it
    /// leaves a replica that is sound and shorter, and can be run again.
    ///
    /// - Parameter kept: the directory for the lost lines.
    /// - Returns: the file that keeps them; nil where none were lost.
    package mutating func accept(
        _ answer: DeliveryAnswer, keepingLostIn kept: FilePath
    ) throws(ReplicaError) -> FilePath? {
        let common = try commonSize(answer)
        var file: FilePath?
        do throws(JournalError) {
            if common < size { file = try directory.keepLines(from: common + 1, through: size, in: kept) }
            try directory.cut(to: common, of: size)
            let rest = DeliveryAnswer(
                log: answer.log, from: common, checkpoint: answer.checkpoint, events: [],
                lines: Array(answer.lines[(common - answer.from)...]))
            try directory.write(rest, over: common)
        } catch {
            throw .replica(error)
        }
        return file
    }
}
