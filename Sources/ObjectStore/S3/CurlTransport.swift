internal import Curl
internal import Synchronization
internal import SystemPackage

/// Signs requests and sends them over libcurl, each once. Connections are kept open and used again.
final class CurlTransport: S3Transport {
    private let location: S3Location
    private let credentials: S3Credentials
    private let options: CurlSession.Options
    private let unixSeconds: @Sendable () -> Int
    private let slowest: Int
    private let requestSeconds: Int
    private let idle = Mutex<[CurlSession]>([])

    init(_ location: S3Location, _ credentials: S3Credentials, _ settings: S3Settings) {
        self.location = location
        self.credentials = credentials
        unixSeconds = settings.unixSeconds
        // A rate that the user has set is shared by all that are in flight.
        let share = settings.rateLimit.map { Int(clamping: $0) / (4 * max(1, settings.partsInFlight)) }
        slowest = max(1, min(settings.slowest, share ?? .max))
        requestSeconds = settings.requestSeconds
        options = CurlSession.Options(certificates: settings.certificates?.string, timeout: settings.timeout)
    }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        let signed = sign(request)
        let source = source(request)
        do throws(CurlError) {
            let session: CurlSession
            if let used = idle.withLock({ $0.popLast() }) { session = used } else { session = try CurlSession(options) }
            // One that failed is not used again: its connection may still carry the rest of an answer.
            let answer = try session.perform(signed, body: source, into: sink, limits(request, sink))
            guard 200..<600 ~= answer.head.status else { throw CurlError.strangeAnswer }
            idle.withLock { $0.append(session) }
            if !(200..<300 ~= answer.head.status) { source?.rewind() }
            return S3Answer(head: answer.head, body: answer.body, followsUnclearAttempt: answer.wasSentAgain)
        } catch {
            // What was sent is not counted: all of it has to be sent again.
            source?.rewind()
            throw failure(error)
        }
    }

    /// The slowest line on which a request that brings or takes little is worth waiting for, in bytes a second.
    private static let slowLine = 16_000

    private func limits(_ request: S3Request, _ sink: (any S3Sink)?) -> CurlSession.Limits {
        var limits = CurlSession.Limits()
        limits.slowest = slowest
        switch request.body {
        // How long parts and files take nobody knows beforehand; they only have to continue.
        case .file: return limits
        case .bytes(let bytes, _): limits.seconds = requestSeconds + bytes.count / Self.slowLine
        case .none: limits.seconds = requestSeconds
        }
        switch sink {
        case nil: break
        case let sink as MemorySink: limits.seconds = limits.seconds.map { $0 + sink.limit / Self.slowLine }
        default: limits.seconds = nil
        }
        if request.method == "POST" {
            // A store puts many parts together before it answers, and may send a blank now and then meanwhile.
            limits.slowest = 1
            limits.seconds = max(900, requestSeconds)
        }
        return limits
    }

    private func sign(_ request: S3Request) -> HTTPRequest {
        let signer = SignatureV4(
            region: location.region, service: "s3", time: SignatureTime(unixSeconds: unixSeconds()))
        var headers = request.headers
        headers.append(("Host", location.host))
        headers.append(("x-amz-content-sha256", request.body.sha256))
        headers.append(("x-amz-date", signer.time.timestamp))
        if let token = credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
        let path = location.path(request.key)
        let authorization = signer.authorization(
            of: SignatureV4.Request(
                method: request.method, path: path, query: request.query, headers: headers,
                payloadHash: request.body.sha256), with: credentials)
        headers.append(("Authorization", authorization))
        var url = "\(location.endpoint.scheme)://\(location.host)\(signer.canonicalPath(path))"
        if !request.query.isEmpty { url += "?\(SignatureV4.canonicalQuery(request.query))" }
        return HTTPRequest(method: request.method, url: url, headers: headers)
    }

    private func source(_ request: S3Request) -> (any HTTPBodySource)? {
        switch request.body {
        case .bytes(let bytes, _): BytesBody(bytes)
        case .file(let slice, _): FileSource(slice)
        // Without a body, PUT and POST still have to say that it is empty.
        case .none: ["PUT", "POST"].contains(request.method) ? BytesBody([]) : nil
        }
    }

    private func failure(_ error: CurlError) -> TransferError {
        if error.isExcess {
            return TransferError(
                error: .refused("the store \(location.endpoint) sends more than it may: \(error)"), mayHeal: false,
                isUnclear: true)
        }
        let hint: String? =
            switch error.stage {
            case .name: "is the host in S3_ENDPOINT right, and does this machine resolve names? try: getent hosts HOST"
            case .connection: "is the port in S3_ENDPOINT right, and is something listening there?"
            case .tls: "set S3_CA_FILE if the server's certificate is from an authority of your own"
            case .answer: error.mayHeal ? "check the network and S3_ENDPOINT, then try again" : nil
            }
        return TransferError(
            error: .unreachable("\(location.endpoint) cannot be reached: \(error)", hint: hint),
            mayHeal: error.mayHeal, isUnclear: !error.wasNotSent)
    }
}
