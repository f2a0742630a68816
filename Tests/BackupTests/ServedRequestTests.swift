import Testing

@testable import Backup

@Suite struct ServedRequestTests {
    @Test(arguments: [
        ("hello", ServedRequest.hello), ("deliver", .deliver), ("lines 42", .lines(from: 42)),
        ("plan latest", .plan(nil)),
        ("plan dev@2026-01", .plan(month("2026-01"))), ("follow dev@2026-01", .follow(month("2026-01"))),
        ("restore dev@2026-03", .restore(month("2026-03"), after: nil)),
        ("read dev@2026-03", .read(month("2026-03"))),
        ("restore dev@2026-03 dev@2026-01", .restore(month("2026-03"), after: month("2026-01"))),
    ])
    func isServed(text: String, request: ServedRequest) throws {
        #expect(try ServedRequest(text, dataset: "dev") == request)
    }

    @Test func anArtifactArrivesByRsync() throws {
        let name = try #require(ArtifactName("dev@2026-02.incr.from_2026-01.send.zst.age"))
        // Its patience is the server's at most; 0 would be for ever.
        for (wished, given) in [("", 600), ("--timeout=60 ", 60), ("--timeout=0 ", 600), ("--timeout=99999 ", 600)] {
            let text = "rsync --server -e.LsfxCIvu \(wished)--append --append . \(name)"
            let words = ["--server", "-e.LsfxCIvu", "--timeout=\(given)", "--append", "--append", ".", "\(name)"]
            #expect(try ServedRequest(text, dataset: "dev") == .receive(name, rsync: words))
        }
        #expect(try ServedRequest("register \(name)", dataset: "dev") == .register(name))
    }

    @Test(arguments: [
        "", " ", "sh", "hello there", "hello ", " hello", "hello\n", "deliver\nsh", "hello;sh",
        "devjournal serve deliver",
        "lines", "lines 0", "lines -1", "lines +1", "lines 01", "lines 1 2", "lines 99999999999999999999",
        "plan", "plan other@2026-01", "plan 2026-01", "follow latest", "follow ../dev@2026-01", "follow dev@2026-13",
        "restore", "restore latest", "restore dev@2026-01 -", "restore dev@2026-01  dev@2026-02", "restore --help",
        "read", "read latest", "read dev@2026-01 x", "read other@2026-01", "read ../x",
        "register", "register dev@2026-01", "register ../dev@2026-01.full.send.zst.age",
        "register other@2026-01.full.send.zst.age", "register -dev@2026-01.full.send.zst.age",
        "register dev@2026-01.full.send.zst.age\u{0}", "register dév@2026-01.full.send.zst.age",
        "register dev@2026-01.full.send.zst.age ", "register $(id)", "register dev@2026-1.full.send.zst.age",
        "rsync", "rsync --server", "rsync --daemon", "rsync --server --sender -e.LsfxCIvu . artifacts/",
        "rsync --server -e.LsfxCIvu --append --append . /etc/passwd",
        "rsync --server -e.LsfxCIvu --append --append . ..",
        "rsync --server -e.LsfxCIvu --append --append . keys/dev@2026-01.full.send.zst.age",
        "rsync --server -e.LsfxCIvu --append --append . dev@2026-01.full.send.zst.age x",
        "rsync --server -e.LsfxCIvu --delete --append --append . dev@2026-01.full.send.zst.age",
        "rsync --server -e.LsfxCIvu --append . dev@2026-01.full.send.zst.age",
        "rsync --server -le.LsfxCIvu --append --append . dev@2026-01.full.send.zst.age",
        "rsync --server -e. --rsync-path=x --append --append . dev@2026-01.full.send.zst.age",
        "rsync --server -e'.' --append --append . dev@2026-01.full.send.zst.age",
        "rsync --server -e.LsfxCIvu --timeout= --append --append . dev@2026-01.full.send.zst.age",
        "rsync --server -e.LsfxCIvu --timeout=60 --append --append / dev@2026-01.full.send.zst.age",
        "rsync  --server -e.LsfxCIvu --append --append . dev@2026-01.full.send.zst.age",
    ])
    func isRefused(text: String) {
        #expect(throws: ServedRequestError.self) { try ServedRequest(text, dataset: "dev") }
    }

    @Test func whatIsTooLongIsRefused() {
        #expect(throws: ServedRequestError(description: "a request that is too long")) {
            try ServedRequest("hello" + String(repeating: " ", count: 600), dataset: "dev")
        }
    }
}

private func month(_ text: String) -> Label {
    guard let label = Label("dev@\(text)") else { preconditionFailure("\(text) is not a month") }
    return label
}
