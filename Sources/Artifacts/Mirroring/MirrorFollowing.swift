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
    private let url: String
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
        url = try machine.mirrorURL()
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
        var push: MirrorPush?
        var agreed = Push.Agreement()
        var isBehind = try !isMirrored(nil)
        while true {
            while isBehind {
                try commit(&push, &agreed)
                isBehind = agreed.extent.map(journal.reaches(beyond:)) ?? false
            }
            try journal.clearGrowthMark()
            if try isMirrored(agreed.checkpoint) { return }
            // Should this process be killed now, the mark starts another one.
            journal.markGrowth()
            isBehind = true
        }
    }

    /// Whether the mirror has all of the journal, as far as this machine knows: nothing is asked of the mirror. Then the journal's
    /// own checkpoint says so too.
    ///
    /// - Parameter done: what this process has committed last.
    private func isMirrored(_ done: Checkpoint?) throws -> Bool {
        let journal = try machine.openJournal(.resuming(.line))
        let head = try journal.signedHead().checkpoint
        let remembered = MirroredHead.read(below: machine.server.root, of: url)?.signed.checkpoint
        let isMirrored = [done, remembered].contains(head)
        if isMirrored { try journal.writeCheckpoint() }
        return isMirrored
    }

    /// Commits once, however often that has to be tried.
    ///
    /// - Parameter opened: the mirror, once it could be opened.
    private func commit(_ opened: inout MirrorPush?, _ agreed: inout Push.Agreement) throws {
        var patience = MirrorPatience()
        while true {
            do {
                let push = try opened ?? MirrorPush(machine)
                opened = push
                turns.wait(untilApart: max(machine.pushInterval * 1_000, push.writesApart))
                let report = try push.commitJournal(turns, &agreed)
                if let new = report.checkpoint?.checkpoint { committed(Commit(checkpoint: new, pieces: report.pieces)) }
                return
            } catch  where Self.mayPass(error) {
                guard let pause = patience.pause(random: random()) else { throw error }
                machine.reporter.warn(
                    "\(machine.reporter.message(of: error)); trying again in \(max(1, (pause + 500) / 1_000)) s")
                machine.effects.clock.pause(milliseconds: pause)
                agreed = Push.Agreement()
            }
        }
    }

    /// Whether the same again may succeed, with nobody doing anything about it.
    private static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as StoreError: error.kind == .unreachable
        case MirrorError.store(let error): error.kind == .unreachable
        case MirrorError.overtaken: true
        default: false
        }
    }
}
