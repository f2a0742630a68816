import Backup
import BackupJournal
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
import Mirror
import ObjectStore

/// `push --journal`: commits the journal to the mirror until it grows no more.
///
/// It is started when the journal has grown (`JournalDirectory.growthMark`). One follows at a time; another one leaves at once,
/// for the first looks again before it ends: it takes the mark away only once all is committed, then reads the journal once
/// more.
package struct MirrorFollowing {
    /// One commit.
    package struct Commit: Sendable {
        package let checkpoint: Checkpoint
        /// Objects of the journal's lines that were stored before it.
        package let pieces: Int

        package var json: JSONObject { ["checkpoint": .integer(checkpoint.size), "pieces": .integer(pieces)] }
    }

    private let machine: Machine
    private let push: MirrorPush
    private let turns: CommitTurns
    private let committed: (Commit) -> Void
    private let random: () -> Double

    /// - Parameters:
    ///   - committed: called after each commit.
    ///   - random: from 0 to 1; what a pause is shortened by.
    package init(
        _ machine: Machine, random: @escaping () -> Double = { .random(in: 0...1) },
        committed: @escaping (Commit) -> Void
    ) throws {
        self.machine = machine
        push = try MirrorPush(machine)
        turns = CommitTurns(machine)
        self.committed = committed
        self.random = random
    }

    private var journal: JournalDirectory { machine.server.journal }

    /// - Returns: false where another process is at it.
    @discardableResult
    package func run() throws -> Bool {
        repeat {
            guard let lock = try FileLock.tryLock(machine.server.followLock) else { return false }
            try follow()
            lock.unlock()
            // Somebody may have come just before the lock was free, and left.
        } while journal.hasGrown
        return true
    }

    private func follow() throws {
        var agreed = Push.Agreement()
        var isBehind = try !push.isMirrored(nil)
        while true {
            while isBehind {
                try commit(&agreed)
                isBehind = agreed.extent.map(journal.reaches(beyond:)) ?? false
            }
            try journal.clearGrowthMark()
            if try push.isMirrored(agreed.checkpoint) { return }
            // Should this process be killed now, the mark starts another one.
            journal.markGrowth()
            isBehind = true
        }
    }

    /// Commits once, however often that has to be tried.
    private func commit(_ agreed: inout Push.Agreement) throws {
        var patience = MirrorPatience()
        while true {
            turns.wait(untilApart: max(machine.pushInterval * 1_000, push.writesApart))
            do {
                let report = try push.commitJournal(turns, &agreed)
                if let new = report.checkpoint?.checkpoint { committed(Commit(checkpoint: new, pieces: report.pieces)) }
                return
            } catch let error as MirrorError where error.mayPass {
                guard let pause = patience.pause(random: random()) else { throw error }
                machine.reporter.warn(
                    "\(machine.reporter.message(of: error)); trying again in \(max(1, (pause + 500) / 1_000)) s")
                machine.effects.clock.pause(milliseconds: pause)
                agreed = Push.Agreement()
            }
        }
    }
}

extension MirrorError {
    /// Whether the same again may succeed, with nobody doing anything about it.
    fileprivate var mayPass: Bool {
        switch self {
        case .store(let error): error.kind == .unreachable
        case .overtaken: true
        default: false
        }
    }
}
