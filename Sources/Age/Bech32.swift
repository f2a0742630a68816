internal import Sodium

/// Bech32 (BIP 173): a prefix, the separator `1`, and data with a checksum that finds every mistyped character.
///
/// Text and data may be secret, so both are `SecretBytes`, and no intermediate copy is made.
enum Bech32 {
    /// Why a text was refused, as the end of a sentence.
    struct MalformedError: Error {
        let reason: String
    }

    /// A prefix and the one case in which the text may be written.
    struct Form {
        let prefix: [UInt8]
        let isUpperCase: Bool

        /// `prefix` is lower or upper case, and so is the whole text.
        init(_ prefix: StaticString, isUpperCase: Bool) {
            self.prefix = prefix.bytes
            self.isUpperCase = isUpperCase
        }
    }

    /// The text of `data`.
    static func encode(_ data: Span<UInt8>, as form: Form) -> SecretBytes {
        let values = (data.count * 8 + 4) / 5
        return SecretBytes(count: form.prefix.count + 1 + values + checksumSize) { text in
            var end = 0
            func put(_ character: UInt8) {
                unsafe text[end] = character
                end += 1
            }
            func put(value: UInt8) {
                let character = alphabet[Int(value)]
                put(form.isUpperCase ? upperCase(character) : character)
            }
            form.prefix.forEach { put($0) }
            put(separator)
            var checksum = Checksum(prefix: form.prefix)
            var bits: UInt32 = 0
            var held = 0
            func flush() {
                let value = UInt8(truncatingIfNeeded: bits >> UInt32(held)) & 31
                checksum.add(value)
                put(value: value)
            }
            for index in data.indices {
                bits = bits << 8 | UInt32(data[index])
                held += 8
                while held >= 5 {
                    held -= 5
                    flush()
                }
            }
            if held > 0 {
                bits <<= UInt32(5 - held)
                held = 0
                flush()
            }
            checksum.values().forEach { put(value: $0) }
        }
    }

    /// The data in `text`, which must be `count` bytes.
    static func decode(_ text: Span<UInt8>, as form: Form, count: Int) throws(MalformedError) -> SecretBytes {
        let start = form.prefix.count + 1
        guard text.count >= start, text[start - 1] == separator,
            form.prefix.indices.allSatisfy({ text[$0] == form.prefix[$0] })
        else {
            let prefix = String(decoding: form.prefix, as: UTF8.self)
            throw MalformedError(reason: "it does not begin with \(prefix)1")
        }
        let data = text.extracting(start...)
        var checksum = Checksum(prefix: form.prefix)
        for index in data.indices { checksum.add(try value(of: data[index], isUpperCase: form.isUpperCase)) }
        guard data.count == (count * 8 + 4) / 5 + checksumSize else {
            throw MalformedError(reason: "it has the wrong length")
        }
        guard checksum.isValid else { throw MalformedError(reason: "its checksum is wrong, so something was mistyped") }
        return try bytes(data.extracting(..<(data.count - checksumSize)), isUpperCase: form.isUpperCase, count: count)
    }

    /// Groups of five bits as bytes; what is left over must be zero.
    private static func bytes(
        _ data: Span<UInt8>, isUpperCase: Bool, count: Int
    ) throws(MalformedError) -> SecretBytes {
        try SecretBytes(count: count) { (output: UnsafeMutablePointer<UInt8>) throws(MalformedError) in
            var bits: UInt32 = 0
            var held = 0
            var end = 0
            for index in data.indices {
                bits = bits << 5 | UInt32(try value(of: data[index], isUpperCase: isUpperCase))
                held += 5
                if held >= 8 {
                    held -= 8
                    unsafe output[end] = UInt8(truncatingIfNeeded: bits >> UInt32(held))
                    end += 1
                }
            }
            guard bits & (1 << UInt32(held) - 1) == 0 else { throw MalformedError(reason: "it is not canonical") }
        }
    }

    private static func value(of character: UInt8, isUpperCase: Bool) throws(MalformedError) -> UInt8 {
        let isOtherCase = isUpperCase ? isLowerCaseLetter(character) : isUpperCaseLetter(character)
        if isOtherCase { throw MalformedError(reason: "it must be all \(isUpperCase ? "upper" : "lower") case") }
        let lower = isUpperCaseLetter(character) ? character + 32 : character
        guard let value = alphabet.firstIndex(of: lower) else {
            throw MalformedError(reason: "it holds a character that is not Bech32")
        }
        return UInt8(value)
    }

    private static let alphabet = ("qpzry9x8gf2tvdw0s3jn54khce6mua7l" as StaticString).bytes
    private static let separator = UInt8(ascii: "1")
    private static let checksumSize = 6

    private static func isUpperCaseLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isLowerCaseLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func upperCase(_ byte: UInt8) -> UInt8 { isLowerCaseLetter(byte) ? byte - 32 : byte }

    /// The BCH code of BIP 173, always over the lower-case text.
    private struct Checksum {
        private var state: UInt32 = 1

        init(prefix: [UInt8]) {
            let lower = prefix.map { isUpperCaseLetter($0) ? $0 + 32 : $0 }
            lower.forEach { add($0 >> 5) }
            add(0)
            lower.forEach { add($0 & 31) }
        }

        mutating func add(_ value: UInt8) {
            let top = state >> 25
            state = (state & 0x1ff_ffff) << 5 ^ UInt32(value)
            for (bit, generator) in Self.generators.enumerated() where top >> UInt32(bit) & 1 == 1 {
                state ^= generator
            }
        }

        /// After data and checksum.
        var isValid: Bool { state == 1 }

        /// After the data: the six values to append.
        func values() -> [UInt8] {
            var padded = self
            for _ in 0..<6 { padded.add(0) }
            let result = padded.state ^ 1
            return (0..<6).map { UInt8(truncatingIfNeeded: result >> UInt32(5 * (5 - $0))) & 31 }
        }

        private static let generators: [UInt32] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
    }
}
