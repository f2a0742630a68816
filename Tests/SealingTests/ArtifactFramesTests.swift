import Age
import Catalogue
import Foundation
import HandMadeStreams
import SystemPackage
import Testing

@testable import Sealing

@Suite("Parts of an artifact's stream")
struct ArtifactFramesTests {
    private let scratch: Scratch
    private let key: TestKey

    init() throws {
        scratch = try Scratch()
        key = try TestKey(in: scratch)
    }

    private func sealed(_ bytes: [UInt8]) async throws -> (file: [UInt8], table: FrameTable) {
        let source = try scratch.write(bytes, to: "plain")
        let sealed = try await Sealer(to: [key.recipient], content: .anyContent).seal(
            .command(["cat", source.string]), as: scratch.path("artifact"))
        let table = sealed.frames
        try sealed.finish()
        return (try scratch.read("artifact"), table)
    }

    private func read(_ range: Range<Int>, of file: [UInt8], _ table: FrameTable) throws -> (found: [UInt8], cost: Int)
    {
        var frames = try ArtifactFrames(table, fileLength: file.count, with: [key.identity]) { Array(file[$0]) }
        var found: [UInt8] = []
        try frames.read(range) { piece in for index in piece.indices { found.append(piece[index]) } }
        return (found, frames.bytesRead)
    }

    @Test("a range comes out as it went in, and costs the frames that hold it")
    func ranges() async throws {
        // given
        let bytes = mixedBytes(13_000_001)
        let (file, table) = try await sealed(bytes)
        let frame = FrameTable.frameSize
        // then
        for range in [
            0..<1, frame - 1..<frame + 1, 5_000_000..<5_000_100, 12_999_000..<13_000_001, 3_000_000..<9_000_000,
        ] {
            let (found, _) = try read(range, of: file, table)
            #expect(isEqual(found, Array(bytes[range])), "\(range)")
        }
        let (_, cost) = try read(5_000_000..<5_000_100, of: file, table)
        #expect(cost <= table.frames[1].length + 3 * 65_552 + AgeRangeReader.usualHead)
    }

    @Test("a frame that was changed is named, and others still come out; nothing comes from beyond the end")
    func damaged() async throws {
        // given
        let bytes = mixedBytes(9_000_000)
        let (file, table) = try await sealed(bytes)
        var other = table
        other.frames.swapAt(0, 1)
        // then
        #expect(throws: (any Error).self) { try read(0..<1, of: file, other) }
        let wrong = FrameTable(table.frames.map { FrameTable.Frame(sha256: table.frames[2].sha256, length: $0.length) })
        #expect(throws: FrameError.damaged(0)) { try read(0..<1, of: file, wrong) }
        let (found, _) = try read(8_500_000..<8_500_010, of: file, wrong)
        #expect(found == Array(bytes[8_500_000..<8_500_010]))
        #expect(throws: FrameError.beyondStream) { try read(9_000_000..<9_000_001, of: file, table) }
        let long = FrameTable(table.frames + table.frames)
        #expect(throws: FrameError.tableDoesNotFit) { try read(0..<1, of: file, long) }
    }

    @Test("the parts of the file that hold some ranges are those of their frames, each once")
    func fileRanges() async throws {
        let (file, table) = try await sealed(mixedBytes(13_000_001))
        let frames = try ArtifactFrames(table, fileLength: file.count, with: [key.identity]) { Array(file[$0]) }
        let frame = FrameTable.frameSize
        #expect(frames.fileRanges(holding: [5..<5, 20_000_000..<20_000_001, 1 << 60..<1 << 61]).isEmpty)
        let ranges = frames.fileRanges(holding: [frame..<frame + 1, 0..<10, 3..<frame, frame - 1..<frame + 1])
        #expect(ranges.count == 2)
        #expect(ranges[0].lowerBound < ranges[1].lowerBound && ranges[1].upperBound <= file.count)
        #expect(frames.fileRanges(holding: [0..<1 << 61]).last?.upperBound == file.count)
    }

    @Test("what was damaged on its way is asked for once more, and no oftener")
    func again() async throws {
        // given
        let bytes = mixedBytes(5_000_000)
        let (file, table) = try await sealed(bytes)
        var asked = 0
        func frames(isSoundLater: Bool) throws -> ArtifactFrames {
            asked = 0
            return try ArtifactFrames(table, fileLength: file.count, with: [key.identity]) { range in
                var part = Array(file[range])
                if range.lowerBound > 0 { part[part.count / 2] ^= 1 }
                return part
            } again: { range in
                asked += 1
                var part = Array(file[range])
                if !isSoundLater { part[part.count / 2] ^= 1 }
                return part
            }
        }
        // then
        var sound = try frames(isSoundLater: true)
        var found: [UInt8] = []
        try sound.read(100..<200) { piece in for index in piece.indices { found.append(piece[index]) } }
        #expect(found == Array(bytes[100..<200]))
        #expect(asked == 1)
        var damaged = try frames(isSoundLater: false)
        for _ in 0..<3 { #expect(throws: (any Error).self) { try damaged.read(100..<200) { _ in } } }
        #expect(asked == 1, "a frame that cannot be had is not tried for each piece in it")
    }
}
