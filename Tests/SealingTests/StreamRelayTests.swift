import Catalogue
import Digest
import Foundation
import HandMadeStreams
import Sealing
import SystemPackage
import Testing

@Suite("Streams that another machine sends, one after the other")
struct StreamRelayTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private let full = HandMadeStream.whole().bytes
    private let next = HandMadeStream.whole(name: "dev@2026-02", parent: HandMadeStream.uuid).bytes

    private func hashes(_ stream: [UInt8]) -> FrameHashes {
        FrameHashes(
            stride(from: 0, to: stream.count, by: FrameTable.frameSize).map { start in
                SHA256.hash(stream.span.extracting(start..<min(start + FrameTable.frameSize, stream.count)))
            })
    }

    /// As a server sends it.
    private func sent(_ stream: [UInt8], _ hashes: FrameHashes? = nil) -> [UInt8] {
        let hashes = hashes ?? self.hashes(stream)
        return Array(FrameHashes.header(hashes.digests.count).utf8) + hashes.text + stream
    }

    /// Sends what a shell command writes; says what was accepted, and what went wrong.
    private func relay(_ shell: String, limit: UInt64 = .max) async -> (accepted: [String], error: (any Error)?) {
        let scratch = scratch
        func step(_ name: String, _ stream: [UInt8], _ parent: StreamExpectation.Parent) -> StreamRelay.Step {
            let file = scratch.text(name)
            return StreamRelay.Step(
                expecting: StreamExpectation(name: name, uuid: SubvolumeUUID(HandMadeStream.uuid), parent: parent),
                frames: SealedFrames(hashes(stream)), limit: limit, receiver: ["sh", "-c", "cat >\"$0\"", file]
            ) {
                try FileManager.default.moveItem(atPath: file, toPath: file + ".accepted")
            }
        }
        let parent = SubvolumeUUID(HandMadeStream.uuid).map { StreamExpectation.Parent.uuid($0) } ?? .none
        let steps = [step("dev@2026-01", full, .none), step("dev@2026-02", next, parent)]
        var error: (any Error)?
        do { try await StreamRelay(["sh", "-c", shell]).run(steps) } catch let failure { error = failure }
        let names = (try? scratch.names) ?? []
        return (names.filter { $0.hasSuffix(".accepted") }.map { String($0.dropLast(9)) }, error)
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String { try scratch.write(bytes, to: name).string }

    @Test("Two streams become two, byte for byte")
    func both() async throws {
        let (accepted, error) = await relay("cat '\(try file("all", sent(full) + sent(next)))'")
        #expect(error == nil)
        #expect(accepted == ["dev@2026-01", "dev@2026-02"])
        #expect(try scratch.read("dev@2026-01.accepted") == full)
        #expect(try scratch.read("dev@2026-02.accepted") == next)
    }

    @Test("A cut anywhere accepts what was whole before it, and the sender's own status counts")
    func cut() async throws {
        let first = sent(full).count
        let all = sent(full) + sent(next)
        for (length, whole) in [
            (0, []), (1, []), (30, []), (first - 1, []), (first, ["dev@2026-01"]), (first + 100, ["dev@2026-01"]),
            (first + 300, ["dev@2026-01"]),
        ] {
            try? FileManager.default.removeItem(at: scratch.url.appending(path: "dev@2026-01.accepted"))
            let path = try file("cut", Array(all[..<length]))
            let (accepted, error) = await relay("cat '\(path)'; exit 6")
            #expect(accepted == whole, "\(length)")
            guard case .senderFailed(_, .exited(6))? = error as? RelayError else {
                Issue.record("\(length): \(String(describing: error))")
                continue
            }
        }
        let (_, error) = await relay("cat '\(try file("cut", Array(sent(full).dropLast())))'")
        #expect(error is SendStreamError)
    }

    @Test("Another snapshot reaches no receiver, nor does what is longer than was sealed")
    func others() async throws {
        let stream = HandMadeStream.whole(name: "dev@2026-09").bytes
        let other = try file("other", sent(stream))
        for frames in [nil, SealedFrames(hashes(stream)), SealedFrames(hashes(full))] {
            let step = StreamRelay.Step(
                expecting: StreamExpectation(name: "dev@2026-01"), frames: frames, limit: .max,
                receiver: ["sh", "-c", "cat >\"$0\"", scratch.text("got")]
            ) { Issue.record("it was accepted") }
            await #expect(throws: (any Error).self) { try await StreamRelay(["cat", other]).run([step]) }
            #expect((try? scratch.read("got"))?.isEmpty ?? true)
        }
        let (none, tooLong) = await relay("cat '\(try file("full", sent(full)))'", limit: UInt64(full.count - 1))
        #expect(none.isEmpty)
        guard case .outputTooLarge? = tooLong as? OpenError else {
            Issue.record("\(String(describing: tooLong))")
            return
        }
    }

    @Test("What comes after the last stream, a receiver that fails and a sender that is not there are reported")
    func rest() async throws {
        let behind = try file("behind", sent(full) + sent(next) + [0])
        #expect(await relay("cat '\(behind)'").error as? RelayError == .bytesBehindTheLast)
        let missing = StreamRelay(["/no/such/program"])
        await #expect(throws: RelayError.self) { try await missing.run([]) }
        let failing = StreamRelay.Step(
            expecting: StreamExpectation(), frames: nil, limit: .max, receiver: ["false"]
        ) {}
        let one = try file("one", sent(full))
        await #expect(throws: OpenError.self) { try await StreamRelay(["cat", one]).run([failing]) }
    }

    @Test("Of a stream of several frames no byte reaches the receiver before its frame has the hash that was sealed")
    func frames() async throws {
        let stream = HandMadeStream.whole(writes: 200, size: 60_000).bytes
        let sealed = hashes(stream)
        #expect(sealed.digests.count == 3)
        func received(_ bytes: [UInt8]) async throws -> (bytes: [UInt8], error: (any Error)?) {
            let step = StreamRelay.Step(
                expecting: StreamExpectation(name: "dev@2026-01"), frames: SealedFrames(sealed), limit: .max,
                receiver: ["sh", "-c", "cat >\"$0\"", scratch.text("got")]
            ) {}
            try? FileManager.default.removeItem(at: scratch.url.appending(path: "got"))
            do { try await StreamRelay(["cat", try file("sent", bytes)]).run([step]) } catch {
                // A receiver that gets nothing may be ended before it begins.
                return ((try? scratch.read("got")) ?? [], error)
            }
            return (try scratch.read("got"), nil)
        }
        let size = FrameTable.frameSize
        let whole = try await received(sent(stream))
        #expect(whole.error == nil)
        #expect(whole.bytes == stream)
        for frame in 0..<3 {
            var changed = stream
            changed[min((frame + 1) * size, stream.count) - 1] ^= 1
            let found = try await received(sent(changed, sealed))
            #expect(found.bytes == Array(stream.prefix(frame * size)), "frame \(frame)")
            // A sound stream whose hashes nobody has signed, and hashes that are not its own.
            #expect(try await received(sent(changed)).error as? RelayError == .otherFrames)
            #expect(try await received(sent(changed)).bytes.isEmpty)
        }
        let swapped = Array(stream[size..<2 * size] + stream[..<size] + stream[(2 * size)...])
        #expect(try await received(sent(swapped, sealed)).bytes.isEmpty)
        for fewer in [FrameHashes(sealed.digests.dropLast()), FrameHashes(sealed.digests + [SHA256Digest()])] {
            let found = try await received(sent(stream, fewer))
            #expect(found.error as? RelayError == .otherFrames)
            #expect(found.bytes.isEmpty)
        }
        for header in ["devjournal-frames1 3 ", "devjournal-frames1 03\n", "devjournal-frames2 3\n", "3\n"] {
            let found = try await received(Array(header.utf8) + sealed.text + stream)
            #expect(found.error as? RelayError == .otherFrames)
            #expect(found.bytes.isEmpty)
        }
        // No list is read that is longer than the stream may be.
        let endless = try await received(Array("devjournal-frames1 9000000000000000000\n".utf8) + stream)
        #expect(endless.error as? RelayError == .otherFrames)
    }
}
