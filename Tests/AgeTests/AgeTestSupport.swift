import Age
import Sodium

/// The plaintext that was let out, and how reading ended.
struct Reading: Equatable {
    var plaintext: [UInt8] = []
    var error: AgeError?
}

enum Key {
    case identities([AgeIdentity])
    case passphrase(String, limit: Int = AgeDecryptor.maximumWorkFactor)

    func decryptor() -> AgeDecryptor {
        switch self {
        case .identities(let identities): AgeDecryptor(identities: identities)
        case .passphrase(let text, let limit): AgeDecryptor(passphrase: secret(text), maximumWorkFactor: limit)
        }
    }
}

/// Feeds a file in pieces of at most `step` bytes.
func read(_ file: [UInt8], with key: Key, step: Int = .max) -> Reading {
    var sizes: [Int] = []
    var rest = file.count
    while rest > 0 {
        sizes.append(min(step, rest))
        rest -= min(step, rest)
    }
    return read(file, with: key, sizes: sizes)
}

/// Feeds a file in pieces of the sizes given.
func read(_ file: [UInt8], with key: Key, sizes: [Int]) -> Reading {
    var reading = Reading()
    var decryptor = key.decryptor()
    var start = 0
    do {
        for size in sizes {
            try decryptor.update(file.span.extracting(start..<(start + size))) { reading.plaintext += array($0) }
            start += size
        }
        try decryptor.finish { reading.plaintext += array($0) }
    } catch let error as AgeError {
        reading.error = error
    } catch {
        fatalError("another error than AgeError: \(error)")
    }
    return reading
}

/// Encrypts in pieces of at most `step` bytes.
func write(_ plaintext: [UInt8], _ encryptor: consuming AgeEncryptor, step: Int = .max) -> [UInt8] {
    var file = encryptor.start()
    var start = 0
    while start < plaintext.count {
        let size = min(step, plaintext.count - start)
        encryptor.update(plaintext.span.extracting(start..<(start + size))) { file += array($0) }
        start += size
    }
    encryptor.finish { file += array($0) }
    return file
}

func array(_ span: Span<UInt8>) -> [UInt8] {
    span.withUnsafeBufferPointer { Array($0) }
}

func secret(_ text: String) -> SecretBytes {
    var bytes = Array(text.utf8)
    return SecretBytes(moving: &bytes)
}

func text(of secret: borrowing SecretBytes) -> String {
    secret.withSpan { String(decoding: array($0), as: UTF8.self) }
}

func identity(_ text: String) throws -> AgeIdentity {
    try AgeIdentity(text: Array(text.utf8).span)
}

func text(of identity: AgeIdentity) -> String {
    identity.withText { String(decoding: array($0), as: UTF8.self) }
}

/// The error a call ends with.
func error(_ body: () throws(AgeError) -> Void) -> AgeError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// Bytes that look random and are the same for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: next()) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }
}
