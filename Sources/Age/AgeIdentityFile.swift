package import Sodium

/// The text form of identities: one a line, with empty lines and comments, which begin with `#`.
///
///     # created: 2026-01-05T09:30:00Z
///     # public key: age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj
///     AGE-SECRET-KEY-1…
///
/// Such a text may itself be encrypted with a passphrase, as a recovery kit is; stock `age -d -i` takes both.
package enum AgeIdentityFile {
    /// The identities in a text, at least one. Lines end with LF or CR LF.
    ///
    /// `encryptedIdentityFile` if the text is an age file; `malformedIdentityFile` names the line but not its text.
    package static func parse(_ text: Span<UInt8>) throws(AgeError) -> [AgeIdentity] {
        if AgeFile.isAgeFile(text) { throw .encryptedIdentityFile }
        var identities: [AgeIdentity] = []
        var number = 0
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            number += 1
            if let identity = try identity(inLine: text.extracting(start..<end), number: number) {
                identities.append(identity)
            }
            start = end + 1
        }
        if identities.isEmpty { throw .noIdentity }
        return identities
    }

    /// The identities in a text that was encrypted with a passphrase, binary or armored.
    package static func decrypt(
        _ file: Span<UInt8>, passphrase: borrowing SecretBytes
    ) throws(AgeError) -> [AgeIdentity] {
        let text = try AgeFile.decryptSecret(file, passphrase: passphrase)
        return try text.withSpan { (text) throws(AgeError) in try parse(text) }
    }

    /// The text that `age-keygen` would write. `created` is the time in RFC 3339 form.
    package static func text(of identity: AgeIdentity, created: String) -> SecretBytes {
        precondition(!created.utf8.contains(UInt8(ascii: "\n")), "a comment is one line")
        let comments = Array("# created: \(created)\n# public key: \(identity.recipient)\n".utf8)
        var text = WipedBuffer(capacity: comments.count + AgeIdentity.textSize + 1)
        text.append(comments.span)
        identity.withText { key in text.append(key) }
        text.append(UInt8(ascii: "\n"))
        return text.secret()
    }

    private static func identity(inLine line: Span<UInt8>, number: Int) throws(AgeError) -> AgeIdentity? {
        var line = line
        if line.count > 0, line[line.count - 1] == UInt8(ascii: "\r") { line = line.extracting(..<(line.count - 1)) }
        if line.count == 0 || line[0] == UInt8(ascii: "#") { return nil }
        do {
            return try AgeIdentity(text: line)
        } catch .malformedIdentity(let reason) {
            throw .malformedIdentityFile(line: number, reason)
        }
    }
}
