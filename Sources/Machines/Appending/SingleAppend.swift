import Backup
package import JournalFormat
package import JournalStore

/// Records one event that a script has witnessed.
package struct SingleAppend {
    private let machine: Machine
    private let speaker: ScriptEvent.Speaker?

    package init(_ machine: Machine, _ speaker: ScriptEvent.Speaker?) {
        self.machine = machine
        self.speaker = speaker
    }

    /// - Parameter size: how many records the journal must have; nil for any number.
    /// - Returns: the receipt, of the earlier record where the same was recorded before.
    package func run(_ event: ScriptEvent, expecting size: Int?) throws -> Receipt {
        let command = try event.command(by: speaker)
        try SchemaShelf(machine).check(event)
        var journal = try machine.openJournal(
            .resuming(command.needsState ? .anything : .line), keepsBallast: false)
        try journal.require(size: size, unlessItHolds: [event.id])
        let events = try events(of: command, journal)
        guard !events.isEmpty else {
            guard let earlier = try machine.receipt(ofEarlier: event) else { throw AppendError.nothingRecorded }
            try journal.confirm()
            machine.reporter.recorded([earlier])
            journal.close()
            return earlier
        }
        let batch = journal.prepare(events.map { BatchEntry($0, id: event.id) }, author: try machine.authorKey())
        let lines = try orReason { () throws(BatchFailure) in try journal.append(batch) }
        guard let receipt = try machine.finish(lines, of: journal).first else { throw AppendError.nothingRecorded }
        return receipt
    }

    private func events(of command: Command, _ journal: borrowing Journal) throws -> [NewEvent] {
        if speaker == .server, case .recordSnapshot = command { throw AppendError.saidByWorkstation }
        return try machine.decided(command, in: journal)
    }
}

extension Journal {
    /// Refuses another size than expected. Who repeats an append after its answer was lost finds the size moved on, by
    /// that append perhaps: where all of its events are there under their ids, they are answered as the first time.
    ///
    /// - Parameter ids: of the events to be appended; nil for one without.
    package func require(size: Int?, unlessItHolds ids: [EventID?]) throws(JournalError) {
        guard let size, size != self.size else { return }
        for id in ids {
            guard let id, try replay.holds(id) else { throw .expectedSize(expected: size, actual: self.size) }
        }
    }
}

extension Machine {
    /// Where the same label was recorded before under the same type.
    package func receipt(ofEarlier event: ScriptEvent) throws -> Receipt? {
        var found: Receipt?
        _ = try replay { record, _ in
            if record.event.type == event.type.description,
                record.event.data["label"] == event.data["label"]
            {
                found = Receipt(of: record, isNew: false)
            }
        }
        return found
    }
}
