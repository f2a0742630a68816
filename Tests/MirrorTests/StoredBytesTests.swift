import Age
import Mirror
import ObjectStore
import ScratchSpace
import Testing

@Suite("What pushing costs")
struct StoredBytesTests {
    @Test("Eighty pushes of one record each store each record once, and nothing else grows")
    func often() throws {
        // given
        let server = try TestServer()
        let bucket = try Bucket()
        try server.push(to: bucket.store)
        let manifests = try stored(bucket, "dev/manifests/")
        var requests = 0
        // when
        for _ in 0..<80 {
            try server.note(opening: .resuming(.anything))
            let store = WrappedStore(bucket.store)
            try server.push(to: store)
            requests += store.puts.count + store.lists + store.reads + store.heads
        }
        // then
        let lines = server.segments.values.reduce(0) { $0 + $1.count }
        let journal = try stored(bucket, "dev/journal/")
        // What encryption adds to a piece, whatever was stored before.
        let nothing: [UInt8] = []
        let added = AgeFile.encrypt(nothing.span, to: [server.identity.recipient]).count
        #expect(journal.objects == 81)
        #expect(journal.bytes == lines + 81 * added, "\(journal.bytes) bytes for \(lines) of lines")
        #expect(try stored(bucket, "dev/manifests/").bytes < 2 * manifests.bytes)
        #expect(requests == 80 * 5, "checkpoint read and replaced, a piece, both manifests looked at")
        #expect(try server.fetch(from: bucket.store).segments == server.segments)
    }

    private func stored(_ bucket: Bucket, _ prefix: String) throws -> (objects: Int, bytes: Int) {
        let objects = try bucket.store.list(prefix: prefix)
        return (objects.count, objects.reduce(0) { $0 + Int($1.size) })
    }
}
