internal import DurableFiles
internal import Glibc
package import Sodium
package import SystemPackage

/// An access key: its public id, its secret, and for temporary ones a session token. Never printed.
package final class S3Credentials: Sendable {
    package let keyID: String
    let secret: SecretBytes
    /// Goes over the wire in `x-amz-security-token`.
    let sessionToken: String?

    package init(keyID: String, secret: consuming SecretBytes, sessionToken: String? = nil) {
        self.keyID = keyID
        self.secret = secret
        self.sessionToken = sessionToken
    }

    package static let idName = "AWS_ACCESS_KEY_ID"
    package static let secretName = "AWS_SECRET_ACCESS_KEY"
    package static let tokenName = "AWS_SESSION_TOKEN"

    /// From a file of `KEY=value` lines with the names of the environment variables. It must be readable by its owner
    /// alone.
    package convenience init(file: FilePath) throws(StoreError) {
        var text: [UInt8]
        do throws(FileFailure) {
            text = try readPrivateFile(file, limit: 1 << 16)
        } catch {
            throw StoreError(.denied, "the store's credentials: \(error)", hint: error.hint ?? Self.hint)
        }
        defer { text.wipe() }
        var values: [String: [UInt8]] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")), line.first != UInt8(ascii: "#") else { continue }
            let name = String(decoding: line[..<equals], as: UTF8.self)
            let value = line[line.index(after: equals)...]
            values[name] = Array(value.last == UInt8(ascii: "\r") ? value.dropLast() : value)
        }
        try self.init(values: &values, from: "\(file)")
    }

    /// From the environment variables that AWS's own tools read.
    package convenience init(environment: () = ()) throws(StoreError) {
        var values: [String: [UInt8]] = [:]
        for name in [Self.idName, Self.secretName, Self.tokenName] {
            guard let value = unsafe getenv(name) else { continue }
            values[name] = unsafe Array(String(cString: value).utf8)
        }
        try self.init(values: &values, from: "the environment")
    }

    private convenience init(values: inout [String: [UInt8]], from source: String) throws(StoreError) {
        func usable(_ name: String) -> [UInt8]? {
            guard let value = values[name], !value.isEmpty, value.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
            return value
        }
        guard let keyID = usable(Self.idName), var secret = usable(Self.secretName) else {
            throw StoreError(
                .denied, "\(source) does not hold the store's credentials \(Self.idName) and \(Self.secretName)",
                hint: Self.hint)
        }
        let token = values[Self.tokenName].flatMap { $0.isEmpty ? nil : String(decoding: $0, as: UTF8.self) }
        for name in values.keys { values[name]?.wipe() }
        self.init(
            keyID: String(decoding: keyID, as: UTF8.self), secret: SecretBytes(moving: &secret), sessionToken: token)
    }

    private static let hint = "set S3_CREDENTIALS to a file of mode 0600 with \(idName)=… and \(secretName)=…"
}
