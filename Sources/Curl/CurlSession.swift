internal import CCurl
internal import Glibc

/// Owns one easy handle of libcurl and with it a connection that is kept open between requests. Used by one thread at a
/// time.
///
/// Certificates and host names are verified, redirects are answers like any other, and neither `Expect` nor
/// `Accept-Encoding` is ever sent.
@safe
package final class CurlSession: @unchecked Sendable {
    /// What holds for every request of a session.
    package struct Options: Sendable {
        /// Trusted certificates (PEM); nil for the system's.
        package var certificates: String?
        /// Seconds without a byte after which a transfer is given up; also the limit for connecting.
        package var timeout: Int

        package init(certificates: String? = nil, timeout: Int = 60) {
            self.certificates = certificates
            self.timeout = timeout
        }
    }

    /// What one answer may be, checked while it arrives. Bytes.
    package struct Limits: Sendable {
        /// Of the head, interim answers' included.
        package var headers = 64 << 10
        /// Of a 2xx answer that no sink takes.
        package var body = 8 << 20
        /// Of any other answer.
        package var errorBody = 64 << 10
        /// Bytes a second below which, for as long as the session's timeout, a transfer is given up.
        package var slowest = 1
        /// Seconds for the whole request; nil: as long as it continues.
        package var seconds: Int?

        package init() {}
    }

    private let handle: UnsafeMutableRawPointer
    private let options: Options

    package init(_ options: Options) throws(CurlError) {
        if let message = unsafe ccurl_load() { throw CurlError(loading: unsafe String(cString: message)) }
        guard let handle = unsafe ccurl_easy_init() else { throw CurlError(CURLE_OUT_OF_MEMORY) }
        unsafe self.handle = handle
        self.options = options
    }

    /// Sends a request and waits for its answer's end.
    ///
    /// - Parameter sink: takes the body of a 2xx answer; all other bodies are kept.
    package func perform(
        _ request: HTTPRequest, body: (any HTTPBodySource)? = nil, into sink: (any HTTPBodySink)? = nil,
        _ limits: Limits = Limits()
    ) throws(CurlError) -> HTTPAnswer {
        unsafe ccurl_easy_reset(handle)
        let exchange = CurlExchange(body, sink, limits)
        var headers: UnsafeMutablePointer<curl_slist>?
        for (name, value) in request.headers {
            // A header without a value is written with a semicolon.
            unsafe headers = ccurl_slist_append(headers, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        for name in ["Expect", "Accept", "User-Agent", "Transfer-Encoding"] {
            unsafe headers = ccurl_slist_append(headers, "\(name):")
        }
        defer { unsafe ccurl_slist_free_all(headers) }
        try set(request)
        try set(limits)
        try check(unsafe ccurl_set_list(handle, CURLOPT_HTTPHEADER, headers))
        let code = try withExtendedLifetime(exchange) { () throws(CurlError) -> CURLcode in
            try attach(exchange)
            return unsafe ccurl_easy_perform(handle)
        }
        if let excess = exchange.excess { throw CurlError(beyond: excess) }
        try check(code)
        return HTTPAnswer(head: exchange.head, body: exchange.collected, wasSentAgain: exchange.wasSentAgain)
    }

    private func set(_ request: HTTPRequest) throws(CurlError) {
        try check(unsafe ccurl_set_text(handle, CURLOPT_URL, request.url))
        try check(unsafe ccurl_set_long(handle, CURLOPT_PATH_AS_IS, 1))
        try check(unsafe ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1))
        try check(unsafe ccurl_set_long(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1))
        try check(unsafe ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"))
        try check(unsafe ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0))
        try check(unsafe ccurl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1))
        try check(unsafe ccurl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2))
        try check(unsafe ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT, min(options.timeout, 30)))
        try check(unsafe ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 256 << 10))
        try check(unsafe ccurl_set_long(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10))
        try check(unsafe ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1))
        if let certificates = options.certificates {
            try check(unsafe ccurl_set_text(handle, CURLOPT_CAINFO, certificates))
        }
        // Never through a proxy to this machine itself.
        try check(unsafe ccurl_set_text(handle, CURLOPT_NOPROXY, Self.withoutProxy()))
        switch request.method {
        case "GET": try check(unsafe ccurl_set_long(handle, CURLOPT_HTTPGET, 1))
        case "HEAD": try check(unsafe ccurl_set_long(handle, CURLOPT_NOBODY, 1))
        default: try check(unsafe ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method))
        }
    }

    private func set(_ limits: Limits) throws(CurlError) {
        try check(unsafe ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, limits.slowest))
        try check(unsafe ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, options.timeout))
        if let seconds = limits.seconds { try check(unsafe ccurl_set_long(handle, CURLOPT_TIMEOUT, seconds)) }
    }

    private static func withoutProxy() -> String {
        let own = "localhost,127.0.0.1,::1"
        guard let wanted = unsafe getenv("no_proxy") ?? getenv("NO_PROXY") else { return own }
        return "\(unsafe String(cString: wanted)),\(own)"
    }

    private func attach(_ exchange: CurlExchange) throws(CurlError) {
        let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        try check(unsafe ccurl_set_transfer(handle, CURLOPT_HEADERFUNCTION, takeHeader))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context))
        try check(unsafe ccurl_set_transfer(handle, CURLOPT_WRITEFUNCTION, takeBody))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        guard let source = exchange.source else { return }
        try check(unsafe ccurl_set_long(handle, CURLOPT_UPLOAD, 1))
        try check(unsafe ccurl_set_offset(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(source.length)))
        try check(unsafe ccurl_set_transfer(handle, CURLOPT_READFUNCTION, giveBody))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_READDATA, context))
        try check(unsafe ccurl_set_seek(handle, rewindBody))
        try check(unsafe ccurl_set_pointer(handle, CURLOPT_SEEKDATA, context))
    }

    private func check(_ code: CURLcode) throws(CurlError) {
        if code != CURLE_OK { throw CurlError(code) }
    }

    deinit {
        unsafe ccurl_easy_cleanup(handle)
    }
}
