import Backup
package import JournalFormat
package import JournalStore
package import Machines
import Mirror

/// `append --wait`: on the server, until what was recorded has come so far.
package struct GradeWaiting {
    /// The newest checkpoint that enough witnesses have cosigned; nil where there is none yet.
    package typealias Cosigned = () throws -> SignedCheckpoint?

    private static let pause = 100

    private let machine: Machine
    private let grade: RecordGrade
    private let deadline: Int?
    private let cosigned: Cosigned?

    /// Refuses what can never be reached: before anything is recorded.
    ///
    /// - Parameters:
    ///   - deadline: seconds; nil: as long as it takes.
    ///   - cosigned: asks for the witnesses' word; nil where nobody cosigns.
    package init(
        _ machine: Machine, _ grade: RecordGrade, deadline: Int?, cosigned: Cosigned? = nil
    ) throws {
        switch grade {
        case .recorded: break
        case .mirrored: _ = try machine.mirrorURL()
        case .witnessed: if cosigned == nil { throw GradeError.noWitness }
        }
        (self.machine, self.grade, self.deadline, self.cosigned) = (machine, grade, deadline, cosigned)
    }

    /// - Parameter receipts: of records of this journal, at least one.
    /// - Returns: the receipts with the grade that was asked for; with `recorded` where the deadline passed: the caller hands
    ///   them out, then throws `late`.
    package func wait(for receipts: [Receipt]) throws -> GradedReceipts {
        let last = receipts.map(\.seq).max() ?? 0
        let start = machine.now().milliseconds
        while true {
            if let checkpoint = try checkpoint(of: grade), checkpoint.checkpoint.size >= last,
                try machine.vouches(for: checkpoint)
            {
                return GradedReceipts(receipts, grade, checkpoint)
            }
            let passed = machine.now().milliseconds - start
            if let deadline, passed >= deadline * 1_000 { break }
            machine.effects.clock.pause(milliseconds: Self.pause)
        }
        return GradedReceipts(receipts, .recorded, try signedHead())
    }

    /// What is thrown once the receipts were handed out; nil where the grade was reached.
    package func failure(_ graded: GradedReceipts) -> GradeError? {
        let numbers = graded.receipts.map(\.seq)
        guard graded.grade != grade, let first = numbers.min(), let last = numbers.max() else { return nil }
        return .late(first...last, grade, seconds: deadline ?? 0)
    }

    private func checkpoint(of grade: RecordGrade) throws -> SignedCheckpoint? {
        switch grade {
        case .recorded: try signedHead()
        case .mirrored:
            MirroredHead.read(below: machine.server.root, of: try machine.mirrorURL())?.signed
        case .witnessed: try cosigned?()
        }
    }

    private func signedHead() throws -> SignedCheckpoint { try machine.openJournal(.resuming(.line)).signedHead() }
}
