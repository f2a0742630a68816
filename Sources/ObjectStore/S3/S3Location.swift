/// Where a bucket is: `s3://BUCKET[/PREFIX][?endpoint=https://HOST][&region=REGION][&style=path|virtual]`.
///
/// It never holds a secret: user and password in a URL are refused.
package struct S3Location: Equatable, Sendable {
    package enum Style: String, Sendable {
        /// `https://HOST/BUCKET/KEY`
        case path
        /// `https://BUCKET.HOST/KEY`
        case virtual
    }

    package let bucket: String
    /// Stands before every key: empty, or with a final slash.
    package let prefix: String
    package let endpoint: S3Endpoint
    package let region: String
    package let style: Style

    private static let hint = "write s3://BUCKET/PREFIX?endpoint=https://HOST, or set S3_ENDPOINT"

    /// Messages never repeat the URL.
    package init(url: String, settings: S3Settings = S3Settings()) throws(StoreError) {
        guard url.lowercased().hasPrefix("s3://") else {
            throw .invalid("the store is not named by an s3 URL", hint: Self.hint)
        }
        let rest = url.dropFirst("s3://".count)
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts.first ?? ""
        guard !rest.contains("#"),
            !path.contains("@") || path.firstIndex(of: "/") ?? path.endIndex < path.firstIndex(of: "@") ?? path.endIndex
        else {
            throw .invalid(
                "an s3 URL holds no user, no password and no fragment",
                hint: "credentials come from S3_CREDENTIALS or the environment")
        }
        var values = try Self.parameters(parts.count > 1 ? parts[1] : "")
        let names = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        bucket = String(names.first ?? "")
        guard Self.isBucket(bucket) else {
            throw .invalid("an s3 URL names a bucket of 3 to 63 of a-z 0-9 . -", hint: Self.hint)
        }
        var prefix = names.count > 1 ? names[1] : ""
        while prefix.hasSuffix("/") { prefix = prefix.dropLast() }
        self.prefix = prefix.isEmpty ? "" : try ObjectKey(String(prefix)).text + "/"
        let named = values.removeValue(forKey: "endpoint")
        guard let endpoint = settings.onlyEndpoint ?? named ?? settings.endpoint else {
            throw .invalid("no endpoint is set for the bucket \(bucket)", hint: Self.hint)
        }
        self.endpoint = try S3Endpoint(endpoint)
        region = values.removeValue(forKey: "region") ?? settings.region ?? "auto"
        guard !region.isEmpty, region.utf8.allSatisfy(Self.isPlain) else { throw .invalid("the region is not a word") }
        let style = values.removeValue(forKey: "style") ?? settings.style ?? Style.path.rawValue
        guard let known = Style(rawValue: style) else {
            throw .invalid("the style of bucket names is neither path nor virtual")
        }
        self.style = known
        if let unknown = values.keys.sorted().first {
            throw .invalid("an s3 URL has no parameter \(String(reflecting: unknown))", hint: Self.hint)
        }
    }

    /// The whole of it; two that are equal are one store.
    package var url: String {
        var url = "s3://\(bucket)"
        if !prefix.isEmpty { url += "/\(prefix.dropLast())" }
        url += "?endpoint=\(endpoint)"
        if region != "auto" { url += "&region=\(region)" }
        if style != .path { url += "&style=\(style.rawValue)" }
        return url
    }

    /// What `Host` says.
    var host: String {
        switch style {
        case .path: endpoint.authority
        case .virtual: "\(bucket).\(endpoint.authority)"
        }
    }

    /// The path of a key, which has this location's prefix already, or of the bucket; not percent-encoded.
    func path(_ key: String?) -> String {
        switch style {
        case .path: key.map { "/\(bucket)/\($0)" } ?? "/\(bucket)"
        case .virtual: "/\(key ?? "")"
        }
    }

    private static func parameters(_ query: Substring) throws(StoreError) -> [String: String] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let value = PercentEncoding.decode(sides[1]),
                values.updateValue(value, forKey: String(sides[0])) == nil
            else { throw .invalid("the parameters of the s3 URL cannot be read", hint: hint) }
        }
        return values
    }

    private static func isBucket(_ name: String) -> Bool {
        3...63 ~= name.utf8.count && name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: ".") }
            && !name.contains("..") && name.first?.isPunctuation == false && name.last?.isPunctuation == false
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// Scheme, host and port. Without TLS only on this machine.
package struct S3Endpoint: Equatable, Sendable, CustomStringConvertible {
    let scheme: String
    /// Host, and the port where it is not the scheme's own.
    let authority: String

    package init(_ text: String) throws(StoreError) {
        let hint = "write https://HOST, such as https://ACCOUNT.r2.cloudflarestorage.com"
        guard let separator = text.firstRange(of: "://") else {
            throw .invalid("the endpoint is not a URL", hint: hint)
        }
        scheme = text[..<separator.lowerBound].lowercased()
        var rest = text[separator.upperBound...].lowercased()[...]
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        guard scheme == "https" || scheme == "http", !rest.isEmpty, rest.utf8.allSatisfy(Self.isAllowed) else {
            throw .invalid("the endpoint is not scheme, host and port alone", hint: hint)
        }
        let ownPort = scheme == "https" ? ":443" : ":80"
        if rest.hasSuffix(ownPort) { rest = rest.dropLast(ownPort.count) }
        authority = String(rest)
        if scheme == "http", !Self.isThisMachine(authority) {
            throw .invalid(
                "the endpoint has no TLS", hint: "write https://…; http:// is for a server on this machine only")
        }
    }

    package var description: String { "\(scheme)://\(authority)" }

    private static func isThisMachine(_ authority: String) -> Bool {
        if authority == "[::1]" || authority.hasPrefix("[::1]:") { return true }
        let host = authority.split(separator: ":").first ?? ""
        let numbers = host.split(separator: ".")
        return host == "localhost"
            || (numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil })
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
            true
        default:
            false
        }
    }
}
