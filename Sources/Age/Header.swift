internal import Sodium

/// The textual first part of an age file, which leads those who may read it to the file key.
struct Header {
    let stanzas: [Stanza]
    /// What the MAC is over: the header's bytes as they were read, up to and including `---`.
    let authenticated: [UInt8]
    /// 32 bytes.
    let mac: [UInt8]

    /// The bytes of a new header, up to and including the last line feed.
    static func bytes(_ stanzas: [Stanza], for fileKey: borrowing FileKey) -> [UInt8] {
        var header = AgeFormat.versionLine.bytes + [UInt8(ascii: "\n")]
        for stanza in stanzas { header += stanza.lines }
        header += ("---" as StaticString).bytes
        let mac = fileKey.mac(of: header.span)
        return header + [UInt8(ascii: " ")] + Base64.encodeUnpadded(mac.span) + [UInt8(ascii: "\n")]
    }

    /// The file key, for somebody who holds one of the identities or the passphrase, once the MAC was found to match.
    ///
    /// All stanzas of the types known here are checked first, whichever key is given: what is malformed is
    /// malformed for everybody. `wrongKey` if none fits.
    func fileKey(
        identities: [AgeIdentity], passphrase: borrowing SecretBytes?, maximumWorkFactor: Int
    ) throws(AgeError) -> FileKey {
        let (shares, scrypt) = try nativeStanzas()
        var found: FileKey?
        if let scrypt {
            found = try Self.fileKey(in: scrypt, passphrase, maximumWorkFactor)
        } else {
            found = try Self.fileKey(in: shares, identities)
        }
        guard let fileKey = found.take() else { throw .wrongKey }
        guard fileKey.isValid(mac.span, of: authenticated.span) else { throw .changedHeader }
        return fileKey
    }

    /// Nil where no passphrase opens the file.
    var workFactor: Int? { (try? nativeStanzas())?.1?.workFactor }

    private func nativeStanzas() throws(AgeError) -> ([X25519Stanza], ScryptStanza?) {
        var shares: [X25519Stanza] = []
        for stanza in stanzas {
            switch stanza.type {
            case X25519Stanza.type:
                shares.append(try X25519Stanza(stanza))
            case ScryptStanza.type:
                guard stanzas.count == 1 else { throw .malformedHeader("a scrypt stanza must stand alone") }
                return ([], try ScryptStanza(stanza))
            default:
                continue
            }
        }
        return (shares, nil)
    }

    private static func fileKey(
        in stanza: ScryptStanza, _ passphrase: borrowing SecretBytes?, _ maximumWorkFactor: Int
    ) throws(AgeError) -> FileKey? {
        switch passphrase {
        case .some(let passphrase):
            try stanza.fileKey(for: passphrase, maximumWorkFactor: maximumWorkFactor)
        case .none:
            nil
        }
    }

    private static func fileKey(
        in stanzas: [X25519Stanza], _ identities: [AgeIdentity]
    ) throws(AgeError) -> FileKey? {
        for stanza in stanzas {
            for identity in identities {
                if let fileKey = try stanza.fileKey(for: identity) { return fileKey }
            }
        }
        return nil
    }
}
