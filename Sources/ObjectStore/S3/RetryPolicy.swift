/// When a request is sent again, and after which pause. Pure.
package struct RetryPolicy: Sendable {
    /// How often a request is sent at most.
    package let attempts: Int
    /// Seconds: the upper limits of the first pause and of any.
    package let firstPause: Double
    package let longestPause: Double
    /// Seconds of all pauses of one request together.
    package let longestWait: Double

    package init(
        attempts: Int, firstPause: Double = 0.2, longestPause: Double = 60, longestWait: Double = 900
    ) {
        self.longestWait = longestWait
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// Seconds before the next attempt: anything up to a limit that doubles each time, so that many who were refused
    /// together do not come back together; at least what the server asks for.
    ///
    /// - Parameters:
    ///   - failed: how many attempts failed, from 1 on.
    ///   - retryAfter: the server's `Retry-After`, in seconds.
    ///   - status: the answer's; 429 is R2's to a second write of one key within a second, which a shorter pause would only
    ///     repeat.
    ///   - random: 0 to 1.
    package func pause(failed: Int, retryAfter: Int?, status: Int? = nil, random: Double) -> Double {
        let limit = min(longestPause, firstPause * Double(1 << min(failed - 1, 20)))
        return max(random * limit, Double(min(retryAfter ?? 0, 300)), status == 429 ? 1.1 : 0)
    }

    /// Whether an answer is worth asking again: the server is busy or broken, or the request was damaged on its way.
    ///
    /// - Parameter isProven: the same credentials were accepted before, so that a refused signature is not theirs.
    package static func mayHeal(status: Int, code: String?, isProven: Bool) -> Bool {
        switch status {
        case 408, 429, 500, 502, 503, 504: true
        case 400:
            [
                "IncompleteBody", "BadDigest", "InvalidDigest", "ClientDisconnect", "RequestTimeout",
                "XAmzContentSHA256Mismatch",
            ].contains(code)
        // R2 does this now and then during multipart uploads; a damaged header does it too.
        case 403: code == "SignatureDoesNotMatch" && isProven
        case 409: code == "ConditionalRequestConflict" || code == "OperationAborted"
        default: false
        }
    }
}
