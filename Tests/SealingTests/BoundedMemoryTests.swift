import Age
import Foundation
import HandMadeStreams
import Sealing
import SystemPackage
import Testing

/// The largest share of physical memory that this process takes while `body` runs, in bytes.
private func peakMemory(_ body: () async throws -> Void) async throws -> Int {
    func resident() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
    }
    let before = try resident()
    let sampler = Task {
        var peak = 0
        while !Task.isCancelled {
            peak = max(peak, try resident())
            try? await Task.sleep(for: .milliseconds(10))
        }
        return peak
    }
    do {
        try await body()
    } catch {
        sampler.cancel()
        throw error
    }
    sampler.cancel()
    return try await sampler.value - before
}

/// A long send stream that nobody stored: one command again and again.
private func writeLongStream(to descriptor: FileDescriptor, bytes: Int) throws {
    defer { try? descriptor.close() }
    var head = HandMadeStream(version: 2)
    head.begin()
    var stream = HandMadeStream(version: 2)
    let start = stream.bytes.count
    // Repeats only at a distance that the compressor does not look back to.
    for seed in 0..<128 { stream.write(mixedBytes(1 << 17, seed: UInt64(seed))) }
    let commands = Array(stream.bytes[start...])
    var end = HandMadeStream(version: 2)
    end.end()
    _ = try descriptor.writeAll(head.bytes)
    for _ in 0..<bytes / commands.count { _ = try descriptor.writeAll(commands) }
    _ = try descriptor.writeAll(end.bytes[start...])
}

@Suite("Memory", .serialized)
struct BoundedMemoryTests {
    @Test("does not grow with the stream")
    func bounded() async throws {
        let scratch = try Scratch()
        let key = try TestKey(in: scratch)
        let streamBytes = 1 << 30
        // when a stream of 1 GiB is sealed
        let ends = try FileDescriptor.pipe(options: .closeOnExec)
        let sealer = Sealer(to: [key.recipient], content: .sendStream(StreamExpectation()))
        let sealing = try await peakMemory {
            Thread.detachNewThread { try? writeLongStream(to: ends.writeEnd, bytes: streamBytes) }
            let file = try await sealer.seal(.descriptor(ends.readEnd), as: scratch.path("file"))
            #expect(file.streamBytes > UInt64(streamBytes) - (32 << 20))
            try file.finish()
        }
        try ends.readEnd.close()
        // and opened
        let opening = try await peakMemory {
            _ = try await Opener(with: [key.identity], layers: .all(.sendStream(StreamExpectation()))).open(
                scratch.path("file"), into: .file("/dev/null"))
        }
        // then, other tests of this process included
        print("peak memory: sealing \(sealing >> 20) MiB, opening \(opening >> 20) MiB")
        #expect(sealing < 600 << 20)
        #expect(opening < 400 << 20)
    }
}
