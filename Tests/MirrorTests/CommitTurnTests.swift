import DurableFiles
import JournalFormat
import Mirror
import ObjectStore
import ScratchSpace
import Synchronization
import SystemPackage
import Testing

@Suite("Commits take turns, and leave the store its time")
struct CommitTurnTests {
    let server: TestServer
    let bucket: Bucket
    /// The same, which takes one write of a key in 1.1 s.
    let store: WrappedStore
    let clock = SteppedClock()

    init() throws {
        server = try TestServer()
        bucket = try Bucket()
        store = WrappedStore(bucket.store)
        store.writesOfKeyApart = 1_100
    }

    /// Of one mirror, whichever process asks.
    private var turns: CommitTurns {
        CommitTurns(server.home.appending("mirror.lock")) { [clock] in
            clock.now
        } pause: { [clock] in
            clock.pause($0)
        }
    }

    private func push(after milliseconds: Int) throws -> [Int] {
        try server.note()
        clock.pass(milliseconds)
        try server.push(to: store, turns: turns)
        return clock.takePauses()
    }

    @Test("Two writes of the checkpoint are 1.1 s apart, of several processes too, and nobody waits longer than that")
    func apart() throws {
        #expect(try push(after: 0) == [], "there was none before")
        #expect(try push(after: 400) == [700])
        #expect(try push(after: 1_099) == [1])
        #expect(try push(after: 1_100) == [])
        #expect(try push(after: -3_600_000) == [], "a clock that was set back gives nothing to wait for")
        #expect(try push(after: 0) == [1_100])
        try plant(server.home.appending("mirror.lock"), Array("garbage".utf8))
        #expect(try push(after: 0) == [])
    }

    @Test("A store that takes any number of writes is not waited for")
    func directory() throws {
        for _ in 1...2 {
            try server.note()
            try server.push(to: bucket.store, turns: turns)
        }
        #expect(clock.takePauses() == [])
    }

    @Test("Each commit of one push waits, and one that writes nothing does not")
    func artifacts() throws {
        for month in ["2026-01", "2026-02", "2026-03"] { try server.register(month) }
        try server.push(to: store, turns: turns)
        #expect(clock.takePauses() == [1_100, 1_100])
        try server.push(to: store, turns: turns)
        #expect(clock.takePauses() == [])
    }

    @Test("While an artifact travels another push commits the journal, and the upload is committed after it")
    func longUpload() throws {
        // given
        try server.push(to: bucket.store, turns: turns)
        try server.register("2026-01")
        var others: [(size: Int, committed: Int?)] = []
        let slow = WrappedStore(bucket.store)
        slow.before = { [server, bucket, turns] _, key throws(StoreError) in
            guard key.text.contains("/artifacts/") else { return }
            // when: three times while the upload is on its way
            for _ in 0..<3 {
                do {
                    try server.note()
                    try server.push(to: bucket.store, turns: turns)
                    Issue.record("nobody else may upload meanwhile")
                } catch {
                    let isBusy = (error as? FileFailure)?.errno == .resourceBusy
                    #expect(isBusy && "\(error)".contains("another push's upload is running"), "\(error)")
                }
                let there = try? server.reader(bucket.store).checkpoint()
                others.append(((try? server.size) ?? 0, there?.signed.checkpoint.size))
            }
        }
        let report = try server.push(to: slow, turns: turns)
        // then
        #expect(others.count == 3 && others.allSatisfy { $0.committed == $0.size })
        let size = try server.size
        #expect(report.uploaded.count == 1 && report.checkpoint?.checkpoint.size == size)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("An upload whose server was replaced meanwhile commits nothing more")
    func replacedMeanwhile() throws {
        try server.push(to: bucket.store)
        try server.register("2026-01")
        var successor: TestServer?
        let slow = WrappedStore(bucket.store)
        slow.before = { [server, bucket] _, key throws(StoreError) in
            if key.text.contains("/artifacts/") { successor = try? server.takeOver(from: bucket.store) }
        }
        guard case .newerEpoch = refusal({ try server.push(to: slow) }) else {
            Issue.record("it must be refused")
            return
        }
        let new = try #require(successor)
        #expect(try new.fetch(from: bucket.store).segments == new.segments)
    }
}

/// A clock that a test moves, and that remembers what was waited for.
final class SteppedClock: Sendable {
    private struct State {
        var milliseconds = 1_769_904_000_000
        var pauses: [Int] = []
    }

    private let state = Mutex(State())

    var now: Timestamp { state.withLock { Timestamp(milliseconds: $0.milliseconds) } }

    func pass(_ milliseconds: Int) { state.withLock { $0.milliseconds += milliseconds } }

    func pause(_ milliseconds: Int) {
        state.withLock { state in
            state.milliseconds += milliseconds
            state.pauses.append(milliseconds)
        }
    }

    func takePauses() -> [Int] {
        state.withLock { state in
            defer { state.pauses = [] }
            return state.pauses
        }
    }
}
