package import Sodium

/// Age files small enough to be held in memory. A plaintext is always shorter than its file.
package enum AgeFile {
    /// The binary age file for the recipients, of which there must be at least one.
    package static func encrypt(_ plaintext: Span<UInt8>, to recipients: [AgeRecipient]) -> [UInt8] {
        encrypt(plaintext, AgeEncryptor(recipients: recipients))
    }

    /// The binary age file for a passphrase. `noMemory` if the work factor asks for more than there is.
    package static func encrypt(
        _ plaintext: Span<UInt8>, passphrase: borrowing SecretBytes,
        workFactor: Int = AgeEncryptor.defaultWorkFactor
    ) throws(AgeError) -> [UInt8] {
        encrypt(plaintext, try AgeEncryptor(passphrase: passphrase, workFactor: workFactor))
    }

    /// The plaintext of a binary or armored file, for somebody who holds one of the identities.
    package static func decrypt(
        _ file: Span<UInt8>, with identities: [AgeIdentity]
    ) throws(AgeError) -> [UInt8] {
        var plaintext: [UInt8] = []
        try decrypt(file, AgeDecryptor(identities: identities)) { append($0, to: &plaintext) }
        return plaintext
    }

    /// The plaintext of a binary or armored file, which is itself a key or holds one.
    package static func decryptSecret(
        _ file: Span<UInt8>, passphrase: borrowing SecretBytes,
        maximumWorkFactor: Int = AgeDecryptor.maximumWorkFactor
    ) throws(AgeError) -> SecretBytes {
        let decryptor = AgeDecryptor(passphrase: passphrase, maximumWorkFactor: maximumWorkFactor)
        return try decryptSecret(file, decryptor)
    }

    /// The plaintext of a binary or armored file, which is itself a key or holds one.
    package static func decryptSecret(
        _ file: Span<UInt8>, with identities: [AgeIdentity]
    ) throws(AgeError) -> SecretBytes {
        try decryptSecret(file, AgeDecryptor(identities: identities))
    }

    /// Whether the bytes are, by their beginning, an age file, binary or armored.
    package static func isAgeFile(_ bytes: Span<UInt8>) -> Bool {
        if bytes.starts(with: "age-encryption.org/") { return true }
        var start = 0
        while start < bytes.count, ArmorReader.isWhiteSpace(bytes[start]) { start += 1 }
        return bytes.extracting(start...).starts(with: ArmorReader.begin)
    }

    /// The logarithm of what its passphrase costs; nil where the file, binary or armored, has none or is not an age
    /// file.
    package static func workFactor(_ file: Span<UInt8>) -> Int? {
        var bytes = WipedBuffer(capacity: file.count + 48)
        if file.starts(with: "age-encryption.org/") {
            bytes.append(file)
        } else {
            var armor = ArmorReader()
            var offset = 0
            try? armor.decode(file, from: &offset, into: &bytes)
        }
        return bytes.withSpan { bytes in
            var parser = HeaderParser()
            var offset = 0
            guard let header = try? parser.parse(bytes, from: &offset) else { return nil }
            return header.workFactor
        }
    }

    private static func encrypt(_ plaintext: Span<UInt8>, _ encryptor: consuming AgeEncryptor) -> [UInt8] {
        var file = encryptor.start()
        let chunks = plaintext.count / AgeFormat.chunkSize + 1
        file.reserveCapacity(file.count + plaintext.count + chunks * AgeFormat.tagSize)
        encryptor.update(plaintext) { append($0, to: &file) }
        encryptor.finish { append($0, to: &file) }
        return file
    }

    private static func decryptSecret(
        _ file: Span<UInt8>, _ decryptor: consuming AgeDecryptor
    ) throws(AgeError) -> SecretBytes {
        var plaintext = WipedBuffer(capacity: file.count)
        try decrypt(file, decryptor) { plaintext.append($0) }
        return plaintext.secret()
    }

    private static func decrypt(
        _ file: Span<UInt8>, _ decryptor: consuming AgeDecryptor, _ emit: (Span<UInt8>) -> Void
    ) throws(AgeError) {
        var offset = 0
        while try decryptor.read(file, from: &offset) { decryptor.withPlaintext(emit) }
        if try decryptor.readToEnd() { decryptor.withPlaintext(emit) }
        try decryptor.check()
    }

    private static func append(_ piece: Span<UInt8>, to bytes: inout [UInt8]) {
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }
}
