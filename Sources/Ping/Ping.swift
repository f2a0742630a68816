// A service outside (healthchecks.io, or one with the same interface) hears that work begins, succeeds or fails, so that
// silence is noticed too: where no success comes in time, it is that service which tells somebody.
//
//     POST URL/start     it begins          POST URL          it has succeeded
//     POST URL/fail      it has failed      POST URL/log      it has neither: it is tried again
//
// The body is the last lines that were said. Anybody who knows the URL can send these, so it is a secret: it is in no error, and it
// comes from a file that only its owner can read, or from the configuration.

/// What the service learns of a job.
package enum PingSignal: String, Sendable, CaseIterable {
    case start, success, fail, log

    fileprivate var path: String { self == .success ? "" : "/\(rawValue)" }
}

/// Why a ping was not sent, in words that hold nothing of the URL.
package struct PingError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    package let hint: String?

    init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}

/// Where the pings of one job go.
package struct PingAddress: Sendable, Equatable {
    /// Before and after the place where a signal's path is put.
    private let base: String
    private let query: String

    /// - Parameters:
    ///   - text: `https://hc-ping.com/…`; without TLS only to this machine. `{job}` in it stands for the job's name.
    ///   - job: such as `push`.
    package init(_ text: String, job: String) throws(PingError) {
        let url = text.replacing("{job}", with: job)
        guard url.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }), Self.isTaken(url) else {
            throw PingError(
                "PING_URL is not an address that can be pinged",
                hint: "https://HOST/PATH, or a file of mode 0600 that holds it; http:// only to this machine")
        }
        let question = url.firstIndex(of: "?") ?? url.endIndex
        var base = url[..<question]
        while base.hasSuffix("/") { base.removeLast() }
        (self.base, query) = (String(base), String(url[question...]))
    }

    private static func isTaken(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return !url.dropFirst(8).prefix { $0 != "/" }.isEmpty }
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst(7).prefix { $0 != "/" && $0 != "?" }
        return ["127.0.0.1", "localhost", "[::1]"].contains { host in
            let port = authority.dropFirst(host.count)
            return authority.hasPrefix(host)
                && (port.isEmpty || (port.first == ":" && port.dropFirst().allSatisfy(\.isNumber)))
        }
    }

    func url(_ signal: PingSignal) -> String { base + signal.path + query }
}
