internal import JournalFormat
package import Sodium

/// A passphrase that nobody has to think up: 25 letters and digits in groups of five, 125 bits.
package func makePassphrase() -> SecretBytes {
    // No letters that look like digits or like each other: 32 characters, five bits each.
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
    var random = randomBytes(25)
    var text: [UInt8] = []
    for (index, byte) in random.enumerated() {
        if index > 0, index.isMultiple(of: 5) { text.append(UInt8(ascii: "-")) }
        text.append(alphabet[Int(byte & 31)])
    }
    random.wipe()
    return SecretBytes(moving: &text)
}

/// Why a passphrase that somebody thought up is not taken for something new.
///
/// Who has the kit file can try as many as he has machines for; scrypt makes each try cost a second. Length is what
/// counts then, so that rule is about length alone, and can be said in one sentence. Besides, the passphrase comes from a
/// file, but will be typed by a person one day: it must be what a keyboard gives. What exists is opened with whatever
/// passphrase it has.
package enum UnfitPassphraseError: Error, Equatable, CustomStringConvertible {
    package static let fewestCharacters = 12
    package static let fewestDifferent = 5

    case short(Int)
    case monotonous(Int)
    case hardToType(Oddity)

    /// What a file can hold and a keyboard hardly gives.
    package enum Oddity: Equatable, CustomStringConvertible {
        case notUTF8
        case controlCharacter
        case blankAtAnEnd
        /// A letter and its accent as two characters (Unicode's NFD), where keyboards give one (NFC).
        case decomposed

        package var description: String {
            switch self {
            case .notUTF8: "is not UTF-8"
            case .controlCharacter: "holds a control character, or one that is invisible or looks like a blank"
            case .blankAtAnEnd: "begins or ends with a blank"
            case .decomposed: "holds an accent as a character of its own, which keyboards do not give"
            }
        }
    }

    package var description: String {
        let rule =
            "it needs at least \(Self.fewestCharacters) characters, \(Self.fewestDifferent) of them different"
        return switch self {
        case .short(let count): "the new passphrase is too short (\(count)): \(rule)"
        case .monotonous(let count): "the new passphrase has too few different characters (\(count)): \(rule)"
        case .hardToType(let oddity): "the new passphrase \(oddity): nobody could type it later"
        }
    }

    package static func check(_ passphrase: borrowing SecretBytes) throws(UnfitPassphraseError) {
        if let oddity = oddity(of: passphrase) { throw .hardToType(oddity) }
        let (all, different) = passphrase.withSpan { countCharacters($0) }
        if all < fewestCharacters { throw .short(all) }
        if different < fewestDifferent { throw .monotonous(different) }
    }

    /// The first reason found why a person who types the passphrase would type another.
    package static func oddity(of passphrase: borrowing SecretBytes) -> Oddity? {
        passphrase.withSpan { bytes in
            // Read where it is, so that no copy of a secret is left in memory.
            guard var text = try? UTF8Span(validating: bytes) else { return .notUTF8 }
            var isBlank = false
            var scalars = text.makeUnicodeScalarIterator()
            var isFirst = true
            while let scalar = scalars.next() {
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
                    return .controlCharacter
                case .spaceSeparator where scalar != " ": return .controlCharacter
                default: break
                }
                isBlank = scalar.properties.isWhitespace
                if isFirst, isBlank { return .blankAtAnEnd }
                isFirst = false
            }
            if isBlank { return .blankAtAnEnd }
            return text.checkForNFC(quickCheck: false) ? nil : .decomposed
        }
    }

    /// Counted where they are, so that no copy of a secret is left in memory; of the different ones no more than are
    /// needed.
    private static func countCharacters(_ text: Span<UInt8>) -> (all: Int, different: Int) {
        var all = 0
        var different: [Range<Int>] = []
        var start = 0
        while start < text.count {
            var end = start + 1
            while end < text.count, text[end] & 0xc0 == 0x80 { end += 1 }
            all += 1
            if different.count < fewestDifferent {
                var isNew = true
                for other in different where isSame(text, other, start..<end) { isNew = false }
                if isNew { different.append(start..<end) }
            }
            start = end
        }
        return (all, different.count)
    }

    private static func isSame(_ text: Span<UInt8>, _ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        for offset in 0..<one.count where text[one.lowerBound + offset] != text[other.lowerBound + offset] {
            return false
        }
        return true
    }
}
