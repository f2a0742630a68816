import Mirror
import ObjectStore
import Testing

@Suite("What a bucket costs")
struct CostTests {
    @Test(
        "Money as decimal text",
        arguments: [
            (0, "0"), (1, "0.000000000001"), (99, "0.000000000099"), (994, "0.00000000099"), (995, "0.000000001"),
            (66_000_000, "0.000066"), (4_500_000, "0.0000045"), (9_949_000_000, "0.0099"), (9_950_000_000, "0.01"),
            (9_999_999_999, "0.01"), (10_000_000_000, "0.01"), (14_999_999_999, "0.01"), (15_000_000_000, "0.02"),
            (100_000_000_000, "0.10"), (1_000_000_000_000, "1.00"), (30_000_000_000_000, "30.00"),
            (1_234_995_000_000_000, "1235.00"), (1_234_994_999_999_999, "1234.99"),
        ])
    func decimal(picodollars: Int, text: String) {
        #expect(Money(picodollars: picodollars).decimal == text)
        #expect(Money(picodollars: picodollars).description == "$\(text)")
    }

    @Test("Cloudflare's prices")
    func prices() {
        #expect(R2Prices.month(bytes: 1_000_000_000).decimal == "0.02")
        #expect(R2Prices.month(bytes: 10_000_000_000).decimal == "0.15")
        #expect(R2Prices.month(bytes: 2_000_000_000_000).decimal == "30.00")
        #expect(R2Prices.month(bytes: 1) == Money(picodollars: 15))
        #expect(R2Prices.requests(RequestCount(classA: 1_000_000)).decimal == "4.50")
        #expect(R2Prices.requests(RequestCount(classB: 1_000_000)).decimal == "0.36")
        #expect((R2Prices.requests(RequestCount(classA: 2, classB: 3))).picodollars == 10_080_000)
    }

    @Test("A file in parts: what else has that key, begin, parts, end")
    func parts() {
        func classA(_ parts: Int) -> Int {
            PushEstimate(
                artifacts: [(1, parts)], records: 10, committed: 10, lineBytes: [100], listingPages: 1
            ).requests.classA
        }
        #expect(classA(10_000) - classA(1) == 10_002)
    }

    /// The requests that a bucket would have been asked, by the calls that a push has made.
    private func counted(_ store: WrappedStore) -> RequestCount {
        // A file is looked for before it goes up; the bucket was asked for before the first call.
        RequestCount(
            classA: store.puts.count + store.lists + 1, classB: store.reads + store.heads + store.filePuts)
    }

    private func estimate(_ server: TestServer, _ store: any ObjectStore, _ artifacts: [Int]) throws -> PushEstimate {
        let committed = try server.reader(store).checkpoint()?.signed.checkpoint.size
        return PushEstimate(
            artifacts: artifacts.map { ($0, 1) }, records: try server.size, committed: committed,
            lineBytes: try Push.lineBytes(of: server.journal, records: server.size, committed: committed ?? 0),
            listingPages: 1)
    }

    @Test("A push asks for what was foreseen: the first one, the next ones, and one without an artifact")
    func foreseen() throws {
        let server = try TestServer()
        let bucket = try Bucket()
        var stored = 0
        for months in [["2026-01", "2026-02", "2026-03"], ["2026-04"], []] {
            for month in months { try server.register(month, bytes: 5_000) }
            if months.isEmpty { try server.note() }
            let estimate = try estimate(server, bucket.store, months.map { _ in 5_000 })
            let store = WrappedStore(bucket.store)
            try server.push(to: store)
            if months.isEmpty {
                // The manifests stay as they are.
                #expect(counted(store).classA == estimate.requests.classA - 2)
                #expect(counted(store).classB == estimate.requests.classB)
            } else {
                #expect(counted(store) == estimate.requests)
            }
            let there = try bucket.store.list(prefix: "dev/").filter { !$0.key.text.hasPrefix("dev/manifests/") }
            #expect(there.count - stored == estimate.newObjects)
            stored = there.count
        }
        let idle = WrappedStore(bucket.store)
        let foreseen = try estimate(server, bucket.store, [])
        try server.push(to: idle)
        #expect(counted(idle) == foreseen.requests && foreseen.newObjects == 0 && foreseen.newBytes == 0)
    }

    @Test("A journal of more than a segment: full ones are sent once")
    func segments() throws {
        let server = try TestServer.withFullSegment()
        let bucket = try Bucket()
        let first = try estimate(server, bucket.store, [])
        let store = WrappedStore(bucket.store)
        try server.push(to: store)
        #expect(counted(store) == first.requests && first.newObjects == 2)
        try server.note()
        let second = try estimate(server, bucket.store, [])
        #expect(second.newObjects == 1)
        #expect(second.newBytes < first.newBytes / 100)
    }
}
