internal import Curl

extension PingAddress {
    /// What of a body is sent: its end. healthchecks.io keeps 100 kB.
    package static let longestBody = 10_000
    /// Seconds for all of it: a run is not to wait for who only listens.
    private static let patience = 10

    /// Sends one signal, once.
    ///
    /// - Parameter body: the last lines that were said.
    package func send(_ signal: PingSignal, _ body: [UInt8]) throws(PingError) {
        let answer: HTTPAnswer
        do throws(CurlError) {
            answer = try CurlSession.post(
                Array(body.suffix(Self.longestBody)), to: url(signal), seconds: Self.patience,
                longestAnswer: 64 << 10)
        } catch {
            throw PingError("the ping '\(signal.rawValue)' was not taken: \(error.description)")
        }
        guard 200..<300 ~= answer.head.status else {
            throw PingError(
                "the ping '\(signal.rawValue)' was not taken: HTTP status \(answer.head.status)",
                hint: answer.head.status == 404 ? "is PING_URL the address of a check that is there?" : nil)
        }
    }
}
