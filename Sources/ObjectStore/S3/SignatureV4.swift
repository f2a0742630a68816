internal import Digest
internal import Sodium

/// AWS signature version 4 (`AWS4-HMAC-SHA256`) in the `Authorization` header: request → canonical request → string to
/// sign → header. Pure: the same values in, the same header out.
///
///     let signer = SignatureV4(region: "auto", service: "s3", time: SignatureTime(unixSeconds: now))
///     signer.authorization(of: request, with: credentials)
///
/// Source: "Authenticating Requests (AWS Signature Version 4)" in AWS's S3 reference.
package struct SignatureV4: Sendable {
    package let region: String
    package let service: String
    package let time: SignatureTime
    /// S3 takes a path as it is. Every other service of AWS's removes `.`, `..` and double slashes before it signs,
    /// which the published test suite shows.
    package let normalizesPath: Bool

    package init(region: String, service: String, time: SignatureTime, normalizesPath: Bool? = nil) {
        self.region = region
        self.service = service
        self.time = time
        self.normalizesPath = normalizesPath ?? (service != "s3")
    }

    /// What is signed of a request. Nothing in it is percent-encoded yet.
    package struct Request: Sendable {
        /// `GET`, in capitals.
        package var method: String
        /// From the first slash on.
        package var path: String
        /// In any order; names may come more than once. A parameter without a value has an empty one.
        package var query: [(name: String, value: String)]
        /// All that are to be signed, `Host` among them, in any order and with names in any case. Values of one name
        /// are signed in the order given.
        package var headers: [(name: String, value: String)]
        /// SHA-256 of the body, in hexadecimal.
        package var payloadHash: String

        package init(
            method: String, path: String, query: [(name: String, value: String)] = [],
            headers: [(name: String, value: String)], payloadHash: String = Self.emptyPayloadHash
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.payloadHash = payloadHash
        }

        package static let emptyPayloadHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }

    // MARK: The three texts

    package func canonicalRequest(_ request: Request) -> String {
        let headers = Self.canonicalHeaders(request.headers)
        let lines = [
            request.method, canonicalPath(request.path), Self.canonicalQuery(request.query),
            headers.map { "\($0.name):\($0.value)\n" }.joined(), Self.signedHeaders(request.headers),
            request.payloadHash,
        ]
        return lines.joined(separator: "\n")
    }

    package func stringToSign(_ request: Request) -> String {
        let hash = SHA256.hash(Array(canonicalRequest(request).utf8).span)
        return "\(Self.algorithm)\n\(time.timestamp)\n\(scope)\n\(hash)"
    }

    /// The value of the `Authorization` header.
    package func authorization(of request: Request, with credentials: S3Credentials) -> String {
        let code = HMACSHA256.code(
            of: Array(stringToSign(request).utf8).span, key: signingKey(credentials))
        return "\(Self.algorithm) Credential=\(credentials.keyID)/\(scope), "
            + "SignedHeaders=\(Self.signedHeaders(request.headers)), Signature=\(hexadecimal(code))"
    }

    // MARK: Parts of them

    package static let algorithm = "AWS4-HMAC-SHA256"

    /// `20130524/us-east-1/s3/aws4_request`
    package var scope: String { "\(time.day)/\(region)/\(service)/aws4_request" }

    /// The path as it stands in the canonical request and must stand in the URL.
    package func canonicalPath(_ path: String) -> String {
        let path = path.isEmpty ? "/" : path
        return PercentEncoding.encode(normalizesPath ? Self.normalized(path) : path, keepsSlashes: true)
    }

    /// Sorted by encoded name, then by encoded value; also the query of the URL.
    package static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
        query.map { (Array(PercentEncoding.encode($0.name).utf8), Array(PercentEncoding.encode($0.value).utf8)) }
            .sorted { left, right in
                left.0 == right.0
                    ? left.1.lexicographicallyPrecedes(right.1) : left.0.lexicographicallyPrecedes(right.0)
            }
            .map { String(decoding: $0.0 + [UInt8(ascii: "=")] + $0.1, as: UTF8.self) }
            .joined(separator: "&")
    }

    /// `host;x-amz-date`
    package static func signedHeaders(_ headers: [(name: String, value: String)]) -> String {
        canonicalHeaders(headers).map(\.name).joined(separator: ";")
    }

    private static func canonicalHeaders(
        _ headers: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for header in headers { values[header.name.lowercased(), default: []].append(squeezed(header.value)) }
        return values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { ($0.key, $0.value.joined(separator: ",")) }
    }

    /// Without blanks at both ends, and each run of them inside as one space.
    private static func squeezed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }.joined(separator: " ")
    }

    /// RFC 3986, 5.2.4, and double slashes as one.
    private static func normalized(_ path: String) -> String {
        var components: [Substring] = []
        let parts = path.split(separator: "/")
        for part in parts where part != "." {
            if part == ".." { _ = components.popLast() } else { components.append(part) }
        }
        let endsOpen = path.hasSuffix("/") || parts.last == "." || parts.last == ".."
        return "/" + components.joined(separator: "/") + (endsOpen && !components.isEmpty ? "/" : "")
    }

    private func signingKey(_ credentials: S3Credentials) -> SecretBytes {
        var first = Array("AWS4".utf8)
        credentials.secret.withSpan { secret in
            for index in secret.indices { first.append(secret[index]) }
        }
        var key = SecretBytes(moving: &first)
        for part in [time.day, region, service, "aws4_request"] {
            var code = HMACSHA256.code(of: Array(part.utf8).span, key: key)
            key = SecretBytes(moving: &code)
        }
        return key
    }
}
