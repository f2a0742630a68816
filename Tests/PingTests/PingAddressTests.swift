import Testing

@testable import Ping

@Suite("Where a ping goes")
struct PingAddressTests {
    @Test(
        "The signal's path comes before a query, the job's name where {job} stands",
        arguments: [
            ("https://hc-ping.com/uuid", "https://hc-ping.com/uuid/start", "https://hc-ping.com/uuid"),
            ("https://hc-ping.com/uuid/", "https://hc-ping.com/uuid/start", "https://hc-ping.com/uuid"),
            (
                "https://hc-ping.com/key/dev-{job}?create=1", "https://hc-ping.com/key/dev-push/start?create=1",
                "https://hc-ping.com/key/dev-push?create=1"
            ),
            ("http://127.0.0.1:8000/ping/x", "http://127.0.0.1:8000/ping/x/start", "http://127.0.0.1:8000/ping/x"),
        ])
    func urls(text: String, start: String, success: String) throws {
        let address = try PingAddress(text, job: "push")
        #expect(address.url(.start) == start)
        #expect(address.url(.success) == success)
        #expect(address.url(.fail) == start.replacing("/start", with: "/fail"))
        #expect(address.url(.log) == start.replacing("/start", with: "/log"))
    }

    @Test(
        "Anything else is refused, and what is refused is not repeated",
        arguments: [
            "", "hc-ping.com/secret", "http://hc-ping.com/secret", "http://127.0.0.1.example.org/secret",
            "http://127.0.0.1:80@example.org/secret", "http://localhost:8x/secret", "ftp://127.0.0.1/secret",
            "https:///secret", "https://a/secret#x", "https://a/secret x", "https://a/secret\n", "file:///secret",
        ])
    func refused(text: String) {
        let error = #expect(throws: PingError.self) { _ = try PingAddress(text, job: "push") }
        #expect(error.map { "\($0) \($0.hint ?? "")".contains("secret") } == false)
    }

    @Test("What nobody takes is an error that says nothing of the address")
    func nobody() throws {
        let error = #expect(throws: PingError.self) {
            try PingAddress("http://127.0.0.1:1/secret", job: "push").send(.start, [])
        }
        let text = error?.description ?? ""
        #expect(text.hasPrefix("the ping 'start' was not taken: ") && !text.contains("secret"))
    }
}
