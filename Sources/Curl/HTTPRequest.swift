/// A request as it is sent. The headers are sent as they are; libcurl adds only `Host` and `Content-Length`.
package struct HTTPRequest: Sendable {
    package let method: String
    /// Absolute, already percent-encoded.
    package let url: String
    package let headers: [(name: String, value: String)]

    package init(method: String, url: String, headers: [(name: String, value: String)]) {
        self.method = method
        self.url = url
        self.headers = headers
    }
}

/// A status line and headers.
package struct HTTPHead: Sendable {
    package let status: Int
    private let fields: [String: String]

    init(status: Int, fields: [String: String]) {
        self.status = status
        self.fields = fields
    }

    /// The value of a header, whose name is in lower case.
    package subscript(_ name: String) -> String? { fields[name] }
}

/// An answer that was read to its end. `body` is empty where a sink took it.
package struct HTTPAnswer: Sendable {
    package let head: HTTPHead
    package let body: [UInt8]
    /// The request went out twice; the server may have done what the first one asked.
    package let wasSentAgain: Bool
}

/// Gives a request's body in pieces, from its beginning again after a `rewind`. Called by one thread at a time.
package protocol HTTPBodySource: AnyObject {
    var length: Int64 { get }
    /// Fills the buffer as far as there is something; 0 at the end; nil to end the request with a failure.
    @safe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int?
    func rewind()
}

/// Takes the body of an answer whose status is 2xx, in pieces.
package protocol HTTPBodySink: AnyObject {
    /// Called once before the first piece. False ends the transfer.
    func begin(_ head: HTTPHead) -> Bool
    /// False ends the transfer.
    func write(_ bytes: Span<UInt8>) -> Bool
}
