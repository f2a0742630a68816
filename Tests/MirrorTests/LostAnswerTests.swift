import Backup
import BackupJournal
import Mirror
import ObjectStore
import Testing

@Suite("A push that is cut off anywhere is completed by the next")
struct LostAnswerTests {
    private struct Killed: Error {}

    /// Cuts a push off at every `put` under the prefix, each time with a server and a bucket of its own.
    private func cutEverywhere(
        _ loss: Loss, under prefix: String = "", _ prepare: () throws -> (TestServer, Bucket)
    ) throws {
        let uncut = try prepare()
        let counting = WrappedStore(uncut.1.store)
        try uncut.0.push(to: counting)
        #expect(counting.puts.count > 4)
        for number in 1...counting.puts.count where counting.puts[number - 1].text.hasPrefix(prefix) {
            // given
            let (server, bucket) = try prepare()
            let lossy = WrappedStore(bucket.store, losing: loss, at: number)
            let error = refusal { try server.push(to: lossy) }
            let key = lossy.puts[number - 1].text
            if let error {
                guard case .store(let lost) = error, lost.kind == .unreachable else {
                    Issue.record("\(error)")
                    continue
                }
            } else {
                // The commit reads back what became of it; a canary that the store refuses has no answer to lose.
                #expect(loss == .answer && [Bucket.checkpoint, "dev/manifests/canary.age"].contains(key))
            }
            // when
            try server.push(to: bucket.store)
            // then
            #expect(try server.isMirrored(in: bucket), "\(loss) \(number), \(key)")
            let artifacts = try server.journal.replay().readableState().order.count
            #expect(try server.count(of: "artifact.uploaded") == artifacts, "\(loss) \(number), \(key)")
        }
    }

    @Test("The first push", arguments: Loss.allCases)
    func first(loss: Loss) throws {
        let template = try TestServer()
        try template.register("2026-01")
        try template.register("2026-02")
        try cutEverywhere(loss) { (try template.copied(), try Bucket()) }
    }

    @Test("A later push", arguments: Loss.allCases)
    func later(loss: Loss) throws {
        try cutEverywhere(loss) {
            let server = try TestServer()
            let bucket = try Bucket()
            try server.register("2026-01")
            try server.push(to: bucket.store)
            try server.register("2026-02")
            try server.note()
            return (server, bucket)
        }
    }

    @Test("The first push of several segments", arguments: Loss.allCases)
    func severalSegments(loss: Loss) throws {
        try cutEverywhere(loss, under: "dev/journal/") { (try TestServer.withFullSegment(), try Bucket()) }
    }

    @Test("A first push that is cut off again and again, while the journal grows")
    func againAndAgain() throws {
        let server = try TestServer()
        let bucket = try Bucket()
        try server.register("2026-01")
        for _ in 0..<3 {
            let store = WrappedStore(bucket.store)
            store.before = { _, key throws(StoreError) in
                if key.text == Bucket.checkpoint { throw StoreError(.unreachable, "lost on the way") }
            }
            _ = refusal { try server.push(to: store) }
            try server.note()
        }
        #expect(try bucket.pieces.map(\.firstSeq) == [1, 5, 6])
        try server.push(to: bucket.store)
        #expect(try server.isMirrored(in: bucket))
    }

    @Test("A process that dies before or after the event of an upload", arguments: [false, true], [false, true])
    func killed(afterRecording: Bool, isFirst: Bool) throws {
        let server = try TestServer()
        let bucket = try Bucket()
        if !isFirst { try server.push(to: bucket.store) }
        try server.register("2026-01")
        #expect(throws: Killed.self) {
            try server.push(to: bucket.store) { isRecorded in if isRecorded == afterRecording { throw Killed() } }
        }
        try server.push(to: bucket.store)
        #expect(try server.isMirrored(in: bucket))
        #expect(try server.count(of: "artifact.uploaded") == 1)
    }
}
