extension CurlSession {
    /// Posts a short text, once, over a connection of its own.
    ///
    /// - Parameters:
    ///   - seconds: for all of it.
    ///   - longestAnswer: bytes of its body; more is an error.
    package static func post(
        _ text: [UInt8], to url: String, seconds: Int, longestAnswer: Int
    ) throws(CurlError) -> HTTPAnswer {
        var limits = Limits()
        limits.seconds = seconds
        (limits.body, limits.errorBody) = (longestAnswer, longestAnswer)
        return try CurlSession(Options(timeout: seconds))
            .perform(
                HTTPRequest(method: "POST", url: url, headers: [("Content-Type", "text/plain; charset=utf-8")]),
                body: BytesBody(text), limits)
    }
}
