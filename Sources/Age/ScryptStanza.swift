internal import Sodium

/// A file key wrapped with a passphrase (C2SP age, "scrypt recipient stanza"). It stands alone in its header.
struct ScryptStanza {
    static let type = "scrypt"
    static let saltSize = 16

    let salt: [UInt8]
    /// The logarithm of the cost; nil if it is too large for a number.
    let workFactor: Int?
    /// The wrapped file key, 32 bytes.
    let body: [UInt8]

    /// Wraps a file key.
    init(_ fileKey: borrowing FileKey, passphrase: borrowing SecretBytes, workFactor: Int) throws(AgeError) {
        let salt = randomBytes(Self.saltSize)
        guard let wrapKey = Self.wrapKey(passphrase, salt: salt, workFactor: workFactor) else {
            throw .noMemory(workFactor: workFactor)
        }
        self.salt = salt
        self.workFactor = workFactor
        body = fileKey.wrapped(with: wrapKey)
    }

    /// Checks the form of a stanza whose first argument is `scrypt`.
    init(_ stanza: Stanza) throws(AgeError) {
        guard stanza.arguments.count == 3 else { throw .malformedHeader("a scrypt stanza must have two arguments") }
        guard let salt = Base64.decodeUnpadded(stanza.arguments[1].utf8Bytes.span), salt.count == Self.saltSize else {
            throw .malformedHeader("the salt of a scrypt stanza must be 16 bytes in canonical base64")
        }
        let digits = stanza.arguments[2].utf8Bytes
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            digits.first != UInt8(ascii: "0")
        else {
            throw .malformedHeader("the work factor of a scrypt stanza must be decimal, without leading zeros")
        }
        guard stanza.body.count == FileKey.wrappedSize else {
            throw .malformedHeader("the body of a scrypt stanza must be 32 bytes")
        }
        self.salt = salt
        workFactor = Int(stanza.arguments[2])
        body = stanza.body
    }

    /// As it stands in a header.
    var stanza: Stanza {
        let salt = String(decoding: Base64.encodeUnpadded(salt.span), as: UTF8.self)
        return Stanza(arguments: [Self.type, salt, workFactor.map(String.init) ?? ""], body: body)
    }

    /// The file key; nil if the passphrase is wrong. A work factor above the limit is refused before any work.
    func fileKey(for passphrase: borrowing SecretBytes, maximumWorkFactor: Int) throws(AgeError) -> FileKey? {
        guard let workFactor, workFactor <= maximumWorkFactor else {
            throw .workFactorTooHigh(limit: maximumWorkFactor)
        }
        guard let wrapKey = Self.wrapKey(passphrase, salt: salt, workFactor: workFactor) else {
            throw .noMemory(workFactor: workFactor)
        }
        return FileKey.unwrap(body, with: wrapKey)
    }

    private static func wrapKey(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], workFactor: Int
    ) -> SecretBytes? {
        let label = ("age-encryption.org/v1/scrypt" as StaticString).bytes
        let salt = label + salt
        return Scrypt.key(from: passphrase, salt: salt.span, workFactor: workFactor)
    }
}
