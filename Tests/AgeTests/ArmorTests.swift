import Foundation
import Sodium
import Testing

@testable import Age

@Suite("Each rule of the armor")
struct ArmorTests {
    private static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    private static let end = "-----END AGE ENCRYPTED FILE-----"

    private let file: HandMadeFile
    private let good: Reading

    init() {
        // A length that is not a multiple of three, so that there is padding.
        var file = HandMadeFile()
        while file.bytes.count % 48 != 46 { file.plaintext.append(0x61) }
        self.file = file
        good = Reading(plaintext: file.plaintext)
    }

    /// The lines of base64.
    private func lines(_ bytes: [UInt8]? = nil) -> [String] {
        let text = Data(bytes ?? file.bytes).base64EncodedString()
        return stride(from: 0, to: text.count, by: 64).map { start in
            String(text.dropFirst(start).prefix(64))
        }
    }

    private func armored(_ lines: [String], ending: String = "\n") -> String {
        ([Self.begin] + lines + [Self.end]).map { $0 + ending }.joined()
    }

    private func reading(_ text: String) -> Reading {
        let bytes = Array(text.utf8)
        let whole = read(bytes, with: file.key)
        #expect(read(bytes, with: file.key, step: 1) == whole)
        return whole
    }

    private func isMalformed(_ text: String) -> Bool {
        let reading = reading(text)
        if case .malformedArmor = reading.error { return reading.plaintext.isEmpty }
        return false
    }

    @Test("Armor opens, with LF and CR LF, with and without a last line feed")
    func sound() {
        let text = armored(lines())
        #expect(reading(text) == good)
        #expect(reading(armored(lines(), ending: "\r\n")) == good)
        #expect(reading(String(text.dropLast())) == good)
        #expect(reading(String(text.dropLast()) + "\r") == good)
    }

    @Test("The last line may be of any length that is whole groups", arguments: 1...48)
    func lastLine(count: Int) {
        var file = file
        file.plaintext = [0x61]
        while file.bytes.count % 48 != count % 48 { file.plaintext.append(0x61) }
        let text = armored(lines(file.bytes))
        #expect(read(Array(text.utf8), with: file.key) == Reading(plaintext: file.plaintext))
    }

    @Test("White space may stand before and after, in lines of its own, but not without end")
    func whiteSpaceOutside() {
        let text = armored(lines())
        for space in ["\n", "\r\n", " \n", "\t \n\n\r\n", String(repeating: "\n", count: 1000)] {
            #expect(reading(space + text) == good)
            #expect(reading(text + space) == good)
            #expect(reading(space + text + space) == good)
        }
        #expect(reading(text + "  ") == good)
        #expect(isMalformed(String(repeating: "\n", count: 1025) + text))
        #expect(isMalformed(String(repeating: " ", count: 1025) + "\n" + text))
        #expect(isMalformed(text + String(repeating: "\n", count: 1025)))
    }

    @Test("The lines around it are exact")
    func boundaries() {
        let body = lines().map { $0 + "\n" }.joined()
        let begins = [
            " " + Self.begin, Self.begin + " ", Self.begin.lowercased(), "----BEGIN AGE ENCRYPTED FILE----",
            "-----BEGIN AGE ENCRYPTED FILES-----", "-----BEGIN AGE MESSAGE-----", "-----BEGIN  AGE ENCRYPTED FILE-----",
            Self.end, Self.begin + "\nVersion: 1\n", Self.begin + "\n", "\u{feff}" + Self.begin, "x\n" + Self.begin,
        ]
        for begin in begins {
            let error = reading(begin + "\n" + body + Self.end + "\n").error
            let isRefused: Bool
            switch error {
            case .malformedArmor, .notAgeFile: isRefused = true
            default: isRefused = false
            }
            #expect(isRefused, "\(begin)")
        }
        let ends = [
            " " + Self.end, Self.end + " ", Self.end.lowercased(), "-----END AGE ENCRYPTED FILE----", Self.begin,
            "-----END AGE ENCRYPTED FILES-----", "\n" + Self.end, "=abcd\n" + Self.end, "====\n" + Self.end,
        ]
        for end in ends { #expect(isMalformed(Self.begin + "\n" + body + end + "\n"), "\(end)") }
    }

    @Test("Nothing stands after it, neither garbage nor another file")
    func behind() {
        let text = armored(lines())
        for extra in ["x", "\nx", " \n -", text, "\u{0}"] { #expect(isMalformed(text + extra)) }
    }

    @Test("Every line but the last is 64 characters")
    func lineLength() {
        let all = lines()
        let joined = all.joined()
        func wrapped(_ width: Int) -> [String] {
            stride(from: 0, to: joined.count, by: width).map { String(joined.dropFirst($0).prefix(width)) }
        }
        #expect(reading(armored(wrapped(64))) == good)
        for width in [4, 60, 63, 65, 68, 76, 128] { #expect(isMalformed(armored(wrapped(width))), "\(width)") }
        #expect(isMalformed(armored([""] + all)))
        #expect(isMalformed(armored(all + [""])))
        #expect(isMalformed(armored([all[0], ""] + all.dropFirst())))
        #expect(isMalformed(armored([all[0], " "] + all.dropFirst())))
    }

    @Test("After a last line of 64 characters stands no empty line")
    func fullLastLine() {
        var file = file
        while file.bytes.count % 48 != 0 { file.plaintext.append(0x61) }
        let all = lines(file.bytes)
        func reading(_ lines: [String]) -> Reading { read(Array(armored(lines).utf8), with: file.key) }
        #expect(reading(all) == Reading(plaintext: file.plaintext))
        #expect(reading(all + [""]).error == .malformedArmor("there is an empty line in it"))
    }

    @Test("Base64 is canonical, with padding, without anything else")
    func base64() throws {
        let all = lines()
        let last = try #require(all.last)
        #expect(last.hasSuffix("==") && !last.hasSuffix("==="))
        func withLast(_ line: String) -> String { armored(all.dropLast() + [line]) }
        let bare = String(last.dropLast(2))
        let stray = String(bare.dropLast()) + (bare.hasSuffix("A") ? "B" : "Q")
        let lasts = [
            bare, bare + "=", last + "=", last + "==", last + "====", bare + "= =", bare + "=\n=", last + " ",
            " " + last,
            String(repeating: "=", count: 4), "=" + last.dropFirst(), bare + "!=", "====" + last,
        ]
        for line in lasts { #expect(isMalformed(withLast(line)), "\(line)") }
        #expect(bare.hasSuffix("A") || isMalformed(withLast(stray + "==")))
        for character in ["!", "-", "_", "=", " ", "\t", "\r", "\u{e9}", "\u{0}", ","] {
            let first = character + all[0].dropFirst(character.utf8.count)
            #expect(isMalformed(armored([first] + all.dropFirst())), "\(character)")
        }
    }

    @Test("Bits that carry nothing are zero")
    func strayBits() {
        var file = file
        for padding in [1, 2] {
            while file.bytes.count % 3 != 3 - padding { file.plaintext.append(0x61) }
            var all = lines(file.bytes)
            let last = all.removeLast()
            let bare = last.dropLast(padding)
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            let place = alphabet.firstIndex(of: bare.last ?? "A") ?? 0
            let changed = bare.dropLast() + String(alphabet[place + 1]) + String(repeating: "=", count: padding)
            let reading = read(Array(armored(all + [String(changed)]).utf8), with: file.key)
            #expect(reading.error == .malformedArmor("a line is not canonical base64 with padding"))
        }
    }

    @Test("Cut short anywhere it is refused and nothing is let out")
    func truncation() {
        let text = Array(armored(lines()).utf8)
        for count in 0..<(text.count - 1) {
            let reading = read(Array(text.prefix(count)), with: file.key)
            #expect(reading == Reading(error: .truncated), "\(count)")
        }
    }

    @Test("Armor around nothing, or around something else, is refused")
    func content() {
        #expect(isMalformed(armored([])))
        #expect(reading(armored(["AAAA"])) == Reading(error: .notAgeFile))
        #expect(reading(armored(lines(Array(armored(lines()).utf8)))) == Reading(error: .notAgeFile))
        #expect(reading("") == Reading(error: .truncated))
        #expect(reading("\n\n") == Reading(error: .truncated))
        #expect(reading("hello\n") == Reading(error: .notAgeFile))
    }

    @Test("A header with CR LF inside the armor is refused")
    func carriageReturnsInside() {
        var changed = file
        changed.head = changed.head.split(separator: "\n").map { $0 + "\r\n" }.joined()
        let reading = reading(armored(lines(changed.bytes)))
        #expect(reading.error == .malformedHeader("the version line must be age-encryption.org/v1"))
    }

    @Test("Many chunks in armor")
    func large() {
        var file = file
        let plaintext = SeededGenerator.some(190_000)
        file.payload =
            file.chunk(Array(plaintext[..<65536]), number: 0, isLast: false)
            + file.chunk(Array(plaintext[65536..<131072]), number: 1, isLast: false)
            + file.chunk(Array(plaintext[131072...]), number: 2, isLast: true)
        let text = Array(armored(lines(file.bytes)).utf8)
        for step in [7, 1000, 65_536, 1 << 20] {
            #expect(read(text, with: file.key, step: step) == Reading(plaintext: plaintext))
        }
    }
}
