internal import CCurl

/// A request that got no whole answer: libcurl's code and words.
package struct CurlError: Error, CustomStringConvertible, Sendable {
    package let code: UInt32
    package let description: String
    /// Whether the answer went beyond a limit.
    package let isExcess: Bool

    init(_ code: CURLcode) {
        isExcess = false
        self.code = code.rawValue
        description = unsafe String(cString: ccurl_easy_strerror(code)).lowercased()
    }

    /// An answer whose first line was damaged on its way.
    package static var strangeAnswer: CurlError { CurlError(CURLE_WEIRD_SERVER_REPLY) }

    /// An answer that goes beyond a limit; asked for again it would be the same.
    init(beyond limit: String) {
        isExcess = true
        code = CURLE_WRITE_ERROR.rawValue
        description = limit
    }

    init(loading message: String) {
        isExcess = false
        code = CURLE_FAILED_INIT.rawValue
        description = message
    }

    /// Whether the same request may succeed a little later.
    package var mayHeal: Bool {
        switch CURLcode(rawValue: code) {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PARTIAL_FILE,
            CURLE_OPERATION_TIMEDOUT, CURLE_SSL_CONNECT_ERROR, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR,
            CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL,
            CURLE_SEND_FAIL_REWIND:
            // A damaged status line looks like another protocol.
            true
        default:
            false
        }
    }

    /// Whether nothing of the request can have reached the server.
    package var wasNotSent: Bool {
        switch CURLcode(rawValue: code) {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
            CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_FAILED_INIT, CURLE_URL_MALFORMAT:
            true
        default:
            false
        }
    }

    /// How far a request came.
    package enum Stage: Sendable {
        /// The host's name was not resolved.
        case name
        /// Nobody accepted a connection.
        case connection
        /// The server's certificate is not one that is trusted here, or the file of trusted ones cannot be read.
        case tls
        case answer
    }

    package var stage: Stage {
        switch CURLcode(rawValue: code) {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .name
        case CURLE_COULDNT_CONNECT: .connection
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE: .tls
        default: .answer
        }
    }
}
