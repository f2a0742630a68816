import Foundation
import JournalFixtures
import JournalFormat
import Testing

/// Changes one line of a journal and says what the verifier makes of it.
@Suite("A changed line is never sound")
struct LineTests {
    private func finding(_ lines: [[UInt8]]) -> DamageError? {
        var verifier = Verifier()
        for line in lines {
            do throws(DamageError) { try verifier.accept(line.span) } catch { return error }
        }
        return nil
    }

    @Test("Any change to any line of the worked example is found there, or right after it", arguments: 0..<8)
    func mutations(_ number: Int) throws {
        let lines = try Fixtures.lines("good-month")
        var generator = SeededGenerator(UInt64(100 + number))
        for _ in 0..<150 {
            var changed = lines
            changed[number] = generator.mutate(lines[number])
            if changed[number] == lines[number] { continue }
            // A change that inserts LF makes two lines of one.
            let found = finding(Fixtures.lines(of: Array(changed.joined())))
            if found == nil || (found?.record ?? 0) > number + 2 {
                Issue.record("\(String(decoding: changed[number], as: UTF8.self)): \(String(describing: found))")
            }
        }
    }

    @Test("Every byte of a line matters")
    func everyByte() throws {
        // Only the changed line is judged, so the four before it are read once.
        let lines = try Fixtures.lines("good-month").prefix(5)
        var verifier = Verifier()
        for line in lines.prefix(4) { try verifier.accept(line.span) }
        for place in lines[4].indices {
            for bit in 0..<8 {
                var changed = lines[4]
                changed[place] ^= 1 << UInt8(bit)
                do throws(DamageError) {
                    try verifier.accept(changed.span)
                    Issue.record("byte \(place), bit \(bit)")
                } catch {
                    #expect(error.record == 5)
                }
            }
        }
    }

    @Test("A refused line leaves the verifier as it was: the right one is still accepted")
    func unchangedAfterRefusal() throws {
        let lines = try Fixtures.lines("good-month")
        var generator = SeededGenerator(7)
        var verifier = Verifier(watching: [8])
        for line in lines {
            for _ in 0..<20 {
                let changed = generator.mutate(line)
                if changed == line { continue }
                do throws(DamageError) {
                    try verifier.accept(changed.span)
                    Issue.record("\(String(decoding: changed, as: UTF8.self)) was accepted")
                } catch {
                    #expect(error.record == verifier.size + 1)
                }
            }
            try verifier.accept(line.span)
        }
        let note = [UInt8](try Data(contentsOf: Fixtures.journal("good-month").appending(path: "checkpoint")))
        let warning = try verifier.compare(SignedCheckpoint(note: note), of: .witness)
        #expect(warning == nil)
    }

    @Test(
        "What stands where an envelope's member is due",
        arguments: [
            ("{}\n", .envelope), ("{\n", .syntax), ("[]\n", .syntax), ("{\"v\"}\n", .syntax), ("{\"v\":}\n", .syntax),
            ("{\"v\":1}\n", .envelope), ("{\"v\":1,}\n", .syntax), ("{\"w\":1}\n", .envelope), ("{\"v\":2\n", .version),
            ("{\"v\":0}\n", .version), ("{\"v\":-1}\n", .version), ("{\"v\":01}\n", .number),
            ("{\"v\":\"1\"}\n", .envelope),
            ("{\"v\":1,\"log\":1}\n", .envelope), ("{\"v\":1,\"log\":\"\\/\"}\n", .escape), ("{\"v\":1\n", .syntax),
            ("{\"v\":1 ,\n", .syntax), ("\n", .blankLine), ("\r\n", .crlf), ("\u{feff}\n", .bom), ("x", .syntax),
            ("", .syntax),
        ] as [(String, Reason)])
    func beginnings(_ text: String, _ expected: Reason) {
        let line = Array(text.utf8)
        #expect(throws: FormatError(expected)) { try RecordLayout(line.span) }
    }

    @Test("A line may have 65535 bytes with its LF, and no more")
    func length() {
        let longest = [UInt8](repeating: UInt8(ascii: "x"), count: 65_534) + [UInt8(ascii: "\n")]
        #expect(throws: FormatError(.syntax)) { try RecordLayout(longest.span) }
        let tooLong = [UInt8(ascii: " ")] + longest
        #expect(throws: FormatError(.lineTooLong)) { try RecordLayout(tooLong.span) }
    }
}

@Suite("Checkpoint notes")
struct CheckpointTests {
    private func note() throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Fixtures.journal("good-month").appending(path: "checkpoint")))
    }

    @Test("A changed note is refused, or no longer signed")
    func mutations() throws {
        let note = try note()
        let key = try Vectors().key(.sequencer).publicKey
        var generator = SeededGenerator(3)
        for _ in 0..<3000 {
            let changed = generator.mutate(note)
            guard changed != note, let parsed = try? SignedCheckpoint(note: changed) else { continue }
            #expect(Array(parsed.note.utf8) == changed)
            #expect(!parsed.isSigned(by: key))
        }
    }

    @Test("Counts go from 1 to 2^53-1")
    func counts() throws {
        let text = String(decoding: try note(), as: UTF8.self)
        func parse(size: String) throws(FormatError) -> SignedCheckpoint {
            try SignedCheckpoint(note: Array(text.replacing("\n8\n", with: "\n\(size)\n").utf8))
        }
        #expect(try parse(size: "9007199254740991").checkpoint.size == 9_007_199_254_740_991)
        for size in ["0", "-8", "+8", "08", "8 ", "", "9007199254740992", "99999999999999999999"] {
            #expect(throws: FormatError(.checkpointFormat)) { try parse(size: size) }
        }
    }

    @Test("Several notes follow one another; what comes before the first malformed one is kept")
    func several() throws {
        let note = try note()
        let one = try SignedCheckpoint(note: note)
        #expect(try SignedCheckpoint.parseAll(note + note) == [one, one])
        for rest in ["\n", "x", "devjournal/", "devjournal/x\n", "\u{0}"] {
            let bytes = note + Array(rest.utf8)
            #expect(throws: FormatError(.headFormat)) { try SignedCheckpoint.parseAll(bytes) }
        }
        #expect(SignedCheckpoint.parseLeading(note + Array("devjournal/x\n".utf8)).notes == [one])
        for bad in [[], Array("\n".utf8) + note, Array("x\n".utf8) + note, Array(note.dropLast())] {
            #expect(throws: FormatError(.headFormat)) { try SignedCheckpoint.parseAll(bad) }
        }
    }
}
