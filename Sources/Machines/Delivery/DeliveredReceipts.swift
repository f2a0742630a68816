import Backup
import BackupJournal
package import JournalFormat
import JournalStore

/// `append --outbox --wait recorded`: delivers until the server has answered what was said, with its signed checkpoint.
package struct DeliveredReceipts {
    private static let pause = 5_000

    private let workstation: Workstation
    /// Seconds; nil: as long as it takes.
    private let deadline: Int?

    package init(_ workstation: Workstation, deadline: Int?) {
        self.workstation = workstation
        self.deadline = deadline
    }

    /// - Parameters:
    ///   - ids: of events in the outbox, at least one.
    ///   - server: one exchange with it. Where it cannot be reached, or does not take it now, the same is tried again.
    package func wait(for ids: [EventID], _ server: ServerExchange) async throws -> GradedReceipts {
        let start = workstation.machine.now().milliseconds
        while true {
            do {
                let result = try await OutboxDelivery(workstation).run(server)
                result.warn(workstation.machine.reporter)
                return try receipts(ids, result)
            } catch let error as DeliveryError where error.kind == .incomplete {
                let passed = workstation.machine.now().milliseconds - start
                if let deadline, passed >= deadline * 1_000 {
                    throw GradeError.undelivered(ids, seconds: deadline, why: error.description)
                }
                let left = deadline.map { $0 * 1_000 - passed } ?? Self.pause
                workstation.machine.effects.clock.pause(milliseconds: max(1, min(left, Self.pause)))
            }
        }
    }

    private func receipts(_ ids: [EventID], _ result: OutboxDelivery.Result) throws -> GradedReceipts {
        for id in ids {
            if let refused = result.refused.first(where: { $0.id == id }) {
                throw GradeError.refusedByServer(id, why: refused.why.text)
            }
            if let later = result.later.first(where: { $0.id == id }) {
                throw GradeError.postponedByServer(id, why: later.why.text)
            }
        }
        let new = Set(result.recorded.map(\.id))
        var found: [EventID: Receipt] = [:]
        let wanted = Set(ids)
        _ = try ReadableJournal(workstation.machine).replay { record, _ in
            if wanted.contains(record.event.id) {
                found[record.event.id] = Receipt(of: record, isNew: new.contains(record.event.id))
            }
        }
        if let missing = ids.first(where: { found[$0] == nil }) {
            throw GradeError.postponedByServer(missing, why: "the server has not answered it")
        }
        let receipts = ids.compactMap { found[$0] }
        let last = receipts.map(\.seq).max() ?? 0
        guard let head = try WitnessHeads(workstation.machine).read().last(where: { $0.checkpoint.size >= last }) else {
            throw GradeError.postponedByServer(ids[0], why: "no signed checkpoint of the server's covers it")
        }
        return GradedReceipts(receipts, .recorded, head)
    }
}
