import Backup
import BackupJournal
import JournalFormat
package import JournalStore

/// Records events together or not at all.
package struct AppendBatch {
    private let machine: Machine
    private let speaker: ScriptEvent.Speaker?

    package init(_ machine: Machine, _ speaker: ScriptEvent.Speaker?) {
        self.machine = machine
        self.speaker = speaker
    }

    /// - Parameter size: how many records the journal must have; nil for any number.
    /// - Returns: a receipt for each line, in the same order.
    package func run(_ wishes: [BatchLine], expecting size: Int?) throws -> [Receipt] {
        let schemas = SchemaShelf(machine)
        let commands = try wishes.map { try command($0, schemas) }
        let needsState = commands.contains { $0.needsState }
        // What rests on no record is decided and signed before the lock is taken: others append meanwhile.
        var receipts: [Int: Receipt] = [:]
        let decided = needsState ? nil : try decideAll(zip(wishes, commands), .initial, &receipts)
        let prepared = try decided.flatMap { try prepare($0.map(\.entry)) }
        var journal = try machine.openJournal(
            .resuming(needsState ? .anything : .manyLines), keepsBallast: false)
        try journal.require(size: size, unlessItHolds: wishes.map(\.event.id))
        var entries: [Decided] = []
        if let decided {
            entries = decided
        } else {
            entries = try decideAll(zip(wishes, commands), try journal.replay.readableState(), &receipts)
        }
        do {
            // Lines that were found and not written now must be on the disk, too, before they are acknowledged.
            if entries.isEmpty { try journal.confirm() }
            let batch = try prepared ?? journal.prepare(entries.map(\.entry), author: machine.authorKey())
            let appended = try machine.finish(try journal.append(batch), of: journal)
            for (line, receipt) in zip(entries.map(\.line), appended) { receipts[line] = receipt }
        } catch let failure as BatchFailure {
            guard let index = failure.index else { throw failure.reason }
            throw BatchLineError(line: entries[index].line, reason: failure.reason)
        }
        machine.reporter.recorded(Array(receipts.values))
        return wishes.compactMap { receipts[$0.number] }
    }

    private func prepare(_ entries: [BatchEntry]) throws -> EventBatch? {
        guard let sequencer = try KeyFile.read(machine.server.sequencerKey, role: .sequencer) else { return nil }
        return machine.server.journal.prepare(
            entries, sequencer: sequencer, author: try machine.authorKey(), clock: machine.clock())
    }

    // MARK: Decision

    private typealias Decided = (line: Int, entry: BatchEntry)

    private func command(_ wish: BatchLine, _ schemas: SchemaShelf) throws -> Command {
        do {
            let command = try wish.event.command(by: speaker)
            try schemas.check(wish.event)
            return command
        } catch {
            throw BatchLineError(line: wish.number, reason: error)
        }
    }

    /// - Parameter receipts: gets those of what needs no new record, by line.
    private func decideAll(
        _ wishes: some Sequence<(BatchLine, Command)>, _ state: BackupState, _ receipts: inout [Int: Receipt]
    ) throws -> [Decided] {
        let thisMonth = machine.thisMonth()
        var decided: [Decided] = []
        var snapshots: Set<Label> = []
        for (wish, command) in wishes {
            do {
                if case .recordSnapshot(let snapshot, _) = command {
                    if speaker == .server {
                        throw AppendError.saidByWorkstation
                    }
                    guard snapshots.insert(snapshot.label).inserted else {
                        throw AppendError.takenTwice(snapshot.label)
                    }
                }
                let events = try decide(command, state, thisMonth: thisMonth)
                if events.isEmpty { receipts[wish.number] = try machine.receipt(ofEarlier: wish.event) }
                decided += events.map { (wish.number, BatchEntry($0, id: wish.event.id)) }
            } catch {
                throw BatchLineError(line: wish.number, reason: error)
            }
        }
        return decided
    }
}
