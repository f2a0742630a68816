import Age
import Catalogue
import Digest
import Foundation
import HandMadeStreams
import StockTools
import SystemPackage
import Testing

@testable import Sealing

@Suite("Catalogues in files")
struct CatalogueFileTests {
    private let scratch: Scratch
    private let key: TestKey
    private let table: FrameTable

    init() throws {
        scratch = try Scratch()
        key = try TestKey(in: scratch)
        let one: [UInt8] = [1]
        table = FrameTable([FrameTable.Frame(sha256: SHA256.hash(one.span), length: 1_048_721)])
    }

    /// One with a listing of that many lines.
    private func sealed(lines: Int) throws -> (ClearCatalogue, SealedCatalogue, text: [UInt8]) {
        let listing = try SpooledText(in: scratch.path(""))
        var text: [UInt8] = []
        for number in 0..<lines {
            let line = Array("./file-\(number)\t\(number &* 2_654_435_761)\n".utf8)
            listing.append(line)
            text += line
        }
        let clear = try ClearCatalogue(frames: table, listing: listing, as: scratch.path("clear"))
        let stored = try SealedCatalogue(clear, to: [key.recipient], as: scratch.path("stored"))
        let head = Array("devjournal/catalogue/v1\nframes \(table.text.count)\n".utf8) + table.text
        return (clear, stored, head + Array("listing \(text.count)\n".utf8) + text)
    }

    private func file(_ clear: ClearCatalogue, _ stored: SealedCatalogue) -> CatalogueFile {
        CatalogueFile(
            scratch.path("stored"), bytes: stored.bytes, sha256: stored.sha256, plainBytes: clear.plainBytes,
            with: [key.identity])
    }

    private func listing(of file: CatalogueFile) throws -> [UInt8] {
        var found: [UInt8] = []
        try file.read { section, piece in
            if section == .listing { for index in piece.indices { found.append(piece[index]) } }
        }
        return found
    }

    @Test("stock age and zstd show its text, and it is read again", arguments: [1, 50_000, 300_000])
    func roundTrip(lines: Int) throws {
        // when
        let (clear, stored, text) = try sealed(lines: lines)
        // then
        let shown = try stockOutput([
            "bash", "-c", "age -d -i '\(key.file)' '\(scratch.text("stored"))' | zstd -qdc",
        ])
        #expect(isEqual(Array(shown.prefix(text.count)), text))
        #expect(shown.dropFirst(text.count).starts(with: Array("index ".utf8)))
        let shownClear = try stockOutput(["zstd", "-qdc", scratch.text("clear")])
        #expect(isEqual(shownClear, shown))
        #expect(clear.plainBytes == shown.count)
        #expect(clear.plainSHA256 == SHA256.hash(shown.span))
        let bytes = try scratch.read("stored")
        #expect(stored.sha256 == SHA256.hash(bytes.span))
        let found = try listing(of: file(clear, stored))
        #expect(isEqual(found, Array(text.suffix(found.count))))
        let frames = try file(clear, stored).frames()
        #expect(frames == table)
        let own = CatalogueFile(clear: scratch.path("clear"), plainBytes: clear.plainBytes)
        let foundOwn = try listing(of: own)
        #expect(isEqual(foundOwn, found))
        let hash = try own.read { _, _ in }
        #expect(hash == clear.plainSHA256)
        let names = try scratch.names
        #expect(names.allSatisfy { !$0.hasPrefix(".") })
        let mode = try bash("stat -c %a \"$1\"", scratch.text("clear"))
        #expect(mode == "600")
    }

    @Test("another file than the one that was recorded is refused")
    func otherFile() throws {
        // given
        let (clear, stored, _) = try sealed(lines: 100)
        let bytes = try scratch.read("stored")
        // then
        var flipped = bytes
        flipped[bytes.count - 1] ^= 1
        let others: [[UInt8]] = [Array(bytes.dropLast()), bytes + [0], [], flipped]
        for other in others {
            _ = try scratch.write(other, to: "stored")
            let found = try? file(clear, stored).frames()
            #expect(found == nil)
        }
        _ = try scratch.write(bytes, to: "stored")
        let length = clear.plainBytes
        for other in [length - 1, length + 1, CatalogueText.longest + 1] {
            let file = CatalogueFile(
                scratch.path("stored"), bytes: stored.bytes, sha256: stored.sha256, plainBytes: other,
                with: [key.identity])
            let found = try? file.frames()
            #expect(found == nil)
        }
        // One that was sealed by somebody else.
        _ = try SealedCatalogue(clear, to: [key.recipient], as: scratch.path("stored"))
        let another = file(clear, stored)
        #expect(throws: CatalogueError.otherContent(scratch.text("stored"))) { try another.frames() }
    }

    @Test("nothing is left of one that could not be written")
    func notWritten() throws {
        // given
        let listing = try SpooledText(in: scratch.path(""))
        listing.append([1, 2, 3])
        try FileManager.default.createDirectory(atPath: scratch.text("taken/below"), withIntermediateDirectories: true)
        // then
        let made = try? ClearCatalogue(frames: table, listing: listing, as: scratch.path("taken"))
        #expect(made == nil)
        let names = try scratch.names
        #expect(!names.contains { $0.hasPrefix(".") })
    }
}
