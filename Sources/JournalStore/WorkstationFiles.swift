package import JournalFormat
package import SystemPackage

/// Where a workstation keeps what it knows of the journal.
package struct WorkstationFiles: Sendable {
    package let directory: FilePath
    /// What the journal's records add up to.
    let stateType: any JournalState.Type

    package init(_ directory: FilePath, of stateType: any JournalState.Type) {
        self.directory = directory
        self.stateType = stateType
    }

    package var outbox: OutboxFiles { OutboxFiles(directory.appending("outbox")) }
    package var replica: JournalDirectory { JournalDirectory(directory.appending("replica"), of: stateType) }
    package var pin: FilePath { directory.appending("replica.pin") }
    package var replicaLock: FilePath { directory.appending("replica.lock") }
    /// The keys besides its own whose word this workstation takes for what an artifact holds.
    package var trustedAuthors: FilePath { directory.appending("trusted-authors") }
    /// Lines that an accepted cut took out of the replica.
    package var lost: FilePath { directory.appending("replica.lost") }
}

/// A replica, and what it says of the outbox's events.
package struct OpenedReplica: ~Copyable {
    package var replica: Replica
    package let outbox: OutboxContents
    /// Where the replica has them.
    package let recorded: [EventID: Int]

    package init(
        _ files: WorkstationFiles, pin: ReplicaPin, heads: [SignedCheckpoint]
    ) throws(ReplicaError) {
        let contents = try orOutbox { () throws(JournalError) in try files.outbox.read(log: pin.log) }
        let places = RecordedPlaces(contents)
        let replica = try Replica(files.replica, lock: files.replicaLock, pin: pin, heads: heads) {
            places.take($0, $1)
        }
        outbox = contents
        recorded = places.found
        self.replica = replica
    }
}

/// What a reader sees of a replica.
package struct ReplicaView: Sendable {
    package let anyState: any JournalState
    package let keyring: Keyring
    /// The outbox's events that the replica holds, and where.
    package let recorded: [EventID: Int]
}

extension WorkstationFiles {
    /// Reads the replica without its lock, so that nobody waits for a delivery that is on its way.
    package func view(pin: ReplicaPin, outbox: OutboxContents) throws(ReplicaError) -> ReplicaView {
        let places = RecordedPlaces(outbox)
        var replay = try replica.replica(pin: pin, heads: [], upTo: .max) { places.take($0, $1) }
        do throws(JournalError) {
            try replica.compareReplica(&replay)
            if let refusal = replay.refusal { throw .unreadable(refusal) }
            guard let state = replay.anyState else { preconditionFailure("it was read from its first record on") }
            return ReplicaView(
                anyState: state, keyring: replay.verifier.keyring, recorded: places.found)
        } catch {
            throw .replica(error)
        }
    }
}

/// Finds the outbox's events among records.
private final class RecordedPlaces {
    private let outbox: OutboxContents
    private(set) var found: [EventID: Int] = [:]

    init(_ outbox: OutboxContents) {
        self.outbox = outbox
    }

    func take(_ record: Record, _ line: Span<UInt8>) {
        guard let mine = outbox[record.event.id] else { return }
        if RecordedEvent(line)?.bytes == mine.bytes { found[record.event.id] = record.seq }
    }
}
