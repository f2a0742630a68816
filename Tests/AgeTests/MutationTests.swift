import Foundation
import Sodium
import Testing

@testable import Age

/// Changes a sound file at random. Set `AGE_TEST_SEED` to repeat a run.
@Suite("No change to a file goes unnoticed")
struct MutationTests {
    private static let seed =
        ProcessInfo.processInfo.environment["AGE_TEST_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...(.max))

    private func mutate(_ file: [UInt8], with generator: inout SeededGenerator) -> [UInt8] {
        var file = file
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let place = Int.random(in: 0...max(0, file.count - 1), using: &generator)
            let other = Int.random(in: place...file.count, using: &generator)
            let near = min(file.count, place + Int.random(in: 0...80, using: &generator))
            switch Int.random(in: 0..<9, using: &generator) {
            case 0, 1: if place < file.count { file[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            case 2: if place < file.count { file[place] = UInt8.random(in: 0...255, using: &generator) }
            case 3: file.insert(Array(" \n\r-=A>\u{0}".utf8).randomElement(using: &generator) ?? 0, at: place)
            case 4: file.removeSubrange(place..<near)
            case 5: file.insert(contentsOf: file[place..<near], at: near)
            case 6: file = Array(file.prefix(place))
            case 7: file.swapAt(min(place, max(0, file.count - 1)), min(other, max(0, file.count - 1)))
            default: file.append(contentsOf: file[place..<near])
            }
            if file.isEmpty { break }
        }
        return file
    }

    /// A changed file may only be refused, after a beginning of the plaintext, or (white space around armor) be
    /// the same file.
    private func check(_ file: [UInt8], _ plaintext: [UInt8], _ key: Key, rounds: Int, salt: UInt64) {
        print("seed \(Self.seed)")
        var generator = SeededGenerator(seed: Self.seed &+ salt)
        for round in 0..<rounds {
            let changed = mutate(file, with: &generator)
            if changed == file { continue }
            let reading = read(changed, with: key)
            let isPrefix = plaintext.starts(with: reading.plaintext)
            let isWhole = reading.plaintext.count == plaintext.count
            if !isPrefix || (reading.error == nil && !isWhole) {
                Issue.record("seed \(Self.seed), round \(round): another plaintext was let out")
            }
            let step = Int.random(in: 1...200, using: &generator)
            if changed.count < 5000, read(changed, with: key, step: step) != reading {
                Issue.record("seed \(Self.seed), round \(round): pieces of \(step) bytes give another result")
            }
        }
    }

    private func armored(_ file: [UInt8]) -> [UInt8] {
        let text = Data(file).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("-----BEGIN AGE ENCRYPTED FILE-----\n\(text)\n-----END AGE ENCRYPTED FILE-----\n".utf8)
    }

    @Test("A small file")
    func small() {
        let keys = (0..<2).map { _ in AgeIdentity.generate() }
        let plaintext = SeededGenerator.some(100)
        let file = AgeFile.encrypt(plaintext.span, to: keys.map(\.recipient))
        check(file, plaintext, .identities([keys[1]]), rounds: 3000, salt: 1)
        check(armored(file), plaintext, .identities([keys[1]]), rounds: 3000, salt: 2)
    }

    @Test("A file for a passphrase")
    func passphrase() throws {
        let plaintext = SeededGenerator.some(100)
        let file = try AgeFile.encrypt(plaintext.span, passphrase: secret("x"), workFactor: 1)
        // A changed digit may ask for much more work than this is worth.
        check(file, plaintext, .passphrase("x", limit: 9), rounds: 2000, salt: 3)
    }

    @Test("A file of many chunks")
    func large() {
        let key = AgeIdentity.generate()
        let plaintext = SeededGenerator.some(3 * 65536 + 100)
        let file = AgeFile.encrypt(plaintext.span, to: [key.recipient])
        check(file, plaintext, .identities([key]), rounds: 300, salt: 4)
    }

    @Test("Identity files: noise is refused or skipped, never a crash")
    func identityFiles() {
        let text = AgeIdentityFile.text(of: .generate(), created: "now")
        let bytes = text.withSpan { array($0) }
        var generator = SeededGenerator(seed: Self.seed &+ 5)
        for _ in 0..<3000 {
            let changed = mutate(bytes, with: &generator)
            do {
                let keys = try AgeIdentityFile.parse(changed.span)
                #expect(!keys.isEmpty)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
