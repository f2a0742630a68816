internal import CCurl

/// One request and its answer, as libcurl's callbacks see them.
final class CurlExchange {
    let source: (any HTTPBodySource)?
    private let sink: (any HTTPBodySink)?
    private let limits: CurlSession.Limits
    private var headerBytes = 0
    /// The limit that the answer went beyond.
    private(set) var excess: String?
    private var status = 0
    private var fields: [String: String] = [:]
    private var hasBegun = false
    private(set) var collected: [UInt8] = []
    /// libcurl by itself sends a request again whose connection, used before, ended without an answer.
    private(set) var wasSentAgain = false

    init(_ source: (any HTTPBodySource)?, _ sink: (any HTTPBodySink)?, _ limits: CurlSession.Limits) {
        self.source = source
        self.sink = sink
        self.limits = limits
    }

    func rewind() {
        wasSentAgain = true
        source?.rewind()
    }

    var head: HTTPHead { HTTPHead(status: status, fields: fields) }

    /// A line of the answer's head. A new status line begins a new answer: those before it were interim ones, and count
    /// as much. False ends the transfer.
    func header(_ line: Substring) -> Bool {
        headerBytes += line.utf8.count
        guard headerBytes <= limits.headers else {
            excess = "its answer's head has more than \(limits.headers) bytes"
            return false
        }
        if line.hasPrefix("HTTP/") {
            let words = line.split(separator: " ")
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            fields = [:]
        } else if let colon = line.firstIndex(of: ":") {
            let value = line[line.index(after: colon)...]
            fields[line[..<colon].lowercased()] = String(value.trimmingBlanks())
        }
        return true
    }

    /// False ends the transfer.
    func body(_ bytes: Span<UInt8>) -> Bool {
        if let sink, 200..<300 ~= status {
            if !hasBegun {
                hasBegun = true
                guard sink.begin(head) else { return false }
            }
            return sink.write(bytes)
        }
        let limit = 200..<300 ~= status ? limits.body : limits.errorBody
        guard collected.count + bytes.count <= limit else {
            excess = "its answer has more than \(limit) bytes"
            return false
        }
        unsafe bytes.withUnsafeBufferPointer { unsafe collected.append(contentsOf: $0) }
        return true
    }
}

extension Substring {
    fileprivate func trimmingBlanks() -> Substring {
        var text = self
        while let first = text.unicodeScalars.first, first.properties.isWhitespace { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, last.properties.isWhitespace { text.unicodeScalars.removeLast() }
        return text
    }
}

private func exchange(_ context: UnsafeMutableRawPointer?) -> CurlExchange? {
    guard let context = unsafe context else { return nil }
    return unsafe Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
}

func takeHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let exchange = unsafe exchange(context), let bytes = unsafe bytes else { return 0 }
    let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return exchange.header(unsafe String(decoding: raw, as: UTF8.self)[...]) ? size * count : 0
}

func takeBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let exchange = unsafe exchange(context), let bytes = unsafe bytes, size * count > 0 else { return 0 }
    return unsafe bytes.withMemoryRebound(to: UInt8.self, capacity: size * count) { start in
        exchange.body(unsafe Span(_unsafeStart: start, count: size * count)) ? size * count : 0
    }
}

func giveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let source = unsafe exchange(context)?.source, let bytes = unsafe bytes else { return ccurl_read_abort }
    let buffer = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return source.read(into: buffer) ?? ccurl_read_abort
}

/// `CURL_SEEKFUNC_OK` is 0, `CURL_SEEKFUNC_FAIL` 1.
func rewindBody(_ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32) -> Int32 {
    guard let exchange = unsafe exchange(context), offset == 0, origin == 0 else { return 1 }
    exchange.rewind()
    return 0
}
