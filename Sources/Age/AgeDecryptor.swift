package import Sodium

/// Decrypts a stream: an age file, binary or armored, in by `update`, plaintext out through the closure it is given.
///
///     var decryptor = AgeDecryptor(identities: identities)
///     while let block = read() { try decryptor.update(block.span) { try write($0) } }
///     try decryptor.finish { try write($0) }
///
/// Only authenticated plaintext is emitted, in pieces of one chunk (at most 65,536 bytes), valid for the time of
/// the call. It may still be the beginning of a damaged or truncated file: what was emitted counts only once
/// `finish` has returned. `update` and `finish` throw `AgeError`, and after it emit nothing more, or they throw what
/// the closure throws, and the decryptor must be let go.
package struct AgeDecryptor: ~Copyable {
    private enum Form {
        case unknown
        case binary
        case armored
    }

    private var form = Form.unknown
    private var armor = ArmorReader()
    private var unarmored = WipedBuffer(capacity: 1 << 14)
    private var unarmoredOffset = 0
    /// What is wrong with the armor after the bytes in `unarmored`.
    private var armorFailure: AgeError?
    private var file: BinaryReader
    private var plaintext = WipedBuffer(capacity: AgeFormat.chunkSize)
    private var failure: AgeError?

    /// The highest work factor of a passphrase that is taken on unless another limit is given: 13 s and 4 GiB.
    package static let maximumWorkFactor = 22

    /// For somebody who holds one of the identities.
    package init(identities: [AgeIdentity]) {
        file = BinaryReader(identities: identities, passphrase: nil, maximumWorkFactor: 0)
    }

    /// For somebody who knows the passphrase, of which a copy is kept until the header was read.
    package init(
        passphrase: borrowing SecretBytes, maximumWorkFactor: Int = AgeDecryptor.maximumWorkFactor
    ) {
        let copy = SecretBytes(count: passphrase.count) { copy in
            let count = passphrase.count
            passphrase.withPointer { bytes in unsafe copy.update(from: bytes, count: count) }
        }
        file = BinaryReader(identities: [], passphrase: copy, maximumWorkFactor: maximumWorkFactor)
    }

    /// Takes more of the file and emits the plaintext that is certain.
    package mutating func update(
        _ ciphertext: Span<UInt8>, _ emit: (Span<UInt8>) throws -> Void
    ) throws {
        var offset = 0
        while try read(ciphertext, from: &offset) { try plaintext.withSpan(emit) }
    }

    /// Says that the file ends here, and emits the rest.
    package consuming func finish(_ emit: (Span<UInt8>) throws -> Void) throws {
        if try readToEnd() { try plaintext.withSpan(emit) }
        try check()
    }

    /// One step of `update`: true when there is plaintext, false when `input` is used up.
    mutating func read(_ input: Span<UInt8>, from offset: inout Int) throws(AgeError) -> Bool {
        if let failure { throw failure }
        do {
            return try readForm(input, from: &offset)
        } catch {
            failure = error
            throw error
        }
    }

    /// The step of `finish`: true when there is plaintext, after which `check` must be called.
    mutating func readToEnd() throws(AgeError) -> Bool {
        if let failure { throw failure }
        if form == .armored { try armor.finish() }
        return try file.finish(into: &plaintext)
    }

    /// Throws what `finish` must after the last plaintext.
    func check() throws(AgeError) { try file.check() }

    /// Lends the plaintext of the last step.
    func withPlaintext<Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        try plaintext.withSpan(body)
    }

    private mutating func readForm(_ input: Span<UInt8>, from offset: inout Int) throws(AgeError) -> Bool {
        switch form {
        case .unknown:
            guard offset < input.count else { return false }
            form = try Self.form(input[offset])
            return try readForm(input, from: &offset)
        case .binary:
            return try file.read(input, from: &offset, into: &plaintext)
        case .armored:
            return try readArmored(input, from: &offset)
        }
    }

    /// A header begins with a letter, armor with a dash or with white space before it.
    private static func form(_ byte: UInt8) throws(AgeError) -> Form {
        if byte == UInt8(ascii: "a") { return .binary }
        guard byte == UInt8(ascii: "-") || ArmorReader.isWhiteSpace(byte) else { throw .notAgeFile }
        return .armored
    }

    /// What stands before a fault in the armor is read first, so that the result does not depend on how the file
    /// was cut into pieces.
    private mutating func readArmored(_ input: Span<UInt8>, from offset: inout Int) throws(AgeError) -> Bool {
        while true {
            if try Self.read(unarmored, from: &unarmoredOffset, with: &file, into: &plaintext) { return true }
            unarmored.removeAll()
            unarmoredOffset = 0
            if let armorFailure { throw armorFailure }
            if offset == input.count { return false }
            do {
                try armor.decode(input, from: &offset, into: &unarmored)
            } catch {
                armorFailure = error
            }
        }
    }

    private static func read(
        _ bytes: borrowing WipedBuffer, from offset: inout Int, with file: inout BinaryReader,
        into plaintext: inout WipedBuffer
    ) throws(AgeError) -> Bool {
        try bytes.withSpan { (bytes) throws(AgeError) in
            try file.read(bytes, from: &offset, into: &plaintext)
        }
    }
}
