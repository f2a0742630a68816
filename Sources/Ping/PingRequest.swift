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
            let session = try CurlSession(CurlSession.Options(timeout: Self.patience))
            var limits = CurlSession.Limits()
            limits.seconds = Self.patience
            (limits.body, limits.errorBody) = (64 << 10, 64 << 10)
            answer = try session.perform(
                HTTPRequest(
                    method: "POST", url: url(signal), headers: [("Content-Type", "text/plain; charset=utf-8")]),
                body: PingBody(Array(body.suffix(Self.longestBody))), limits)
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

private final class PingBody: HTTPBodySource {
    private let bytes: [UInt8]
    private var sent = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var length: Int64 { Int64(bytes.count) }

    @safe
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = min(buffer.count, bytes.count - sent)
        for index in 0..<count { unsafe buffer[index] = bytes[sent + index] }
        sent += count
        return count
    }

    func rewind() { sent = 0 }
}
