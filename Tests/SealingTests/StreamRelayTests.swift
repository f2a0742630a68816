import Foundation
import Sealing
import SystemPackage
import Testing

@Suite("Streams that another machine sends, one behind the other")
struct StreamRelayTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private let full = HandMadeStream.whole().bytes
    private let next = HandMadeStream.whole(name: "dev@2026-02", parent: HandMadeStream.uuid).bytes

    /// Sends what a shell command writes; says what was accepted, and what went wrong.
    private func relay(_ shell: String, limit: UInt64 = .max) async -> (accepted: [String], error: (any Error)?) {
        let scratch = scratch
        func step(_ name: String, _ parent: StreamExpectation.Parent) -> StreamRelay.Step {
            let file = scratch.text(name)
            return StreamRelay.Step(
                expecting: StreamExpectation(name: name, uuid: SubvolumeUUID(HandMadeStream.uuid), parent: parent),
                limit: limit, receiver: ["sh", "-c", "cat >\"$0\"", file]
            ) {
                try FileManager.default.moveItem(atPath: file, toPath: file + ".accepted")
            }
        }
        let parent = SubvolumeUUID(HandMadeStream.uuid).map { StreamExpectation.Parent.uuid($0) } ?? .none
        let steps = [step("dev@2026-01", .none), step("dev@2026-02", parent)]
        var error: (any Error)?
        do { try await StreamRelay(["sh", "-c", shell]).run(steps) } catch let failure { error = failure }
        let names = (try? scratch.names) ?? []
        return (names.filter { $0.hasSuffix(".accepted") }.map { String($0.dropLast(9)) }, error)
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String { try scratch.write(bytes, to: name).string }

    @Test("Two streams become two, byte for byte")
    func both() async throws {
        let (accepted, error) = await relay("cat '\(try file("all", full + next))'")
        #expect(error == nil)
        #expect(accepted == ["dev@2026-01", "dev@2026-02"])
        #expect(try scratch.read("dev@2026-01.accepted") == full)
        #expect(try scratch.read("dev@2026-02.accepted") == next)
    }

    @Test("A cut anywhere accepts what was whole before it, and the sender's own status counts")
    func cut() async throws {
        let all = full + next
        for (length, whole) in [
            (0, []), (1, []), (full.count - 1, []), (full.count, ["dev@2026-01"]), (full.count + 100, ["dev@2026-01"]),
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
        let (_, error) = await relay("cat '\(try file("cut", Array(full.dropLast())))'")
        #expect(error is SendStreamError)
    }

    @Test("Another snapshot reaches no receiver, nor does what is longer than was sealed")
    func others() async throws {
        let other = try file("other", HandMadeStream.whole(name: "dev@2026-09").bytes)
        let (accepted, error) = await relay("cat '\(other)'")
        #expect(error is StreamMismatch)
        #expect(accepted.isEmpty)
        #expect(try scratch.read("dev@2026-01").isEmpty)
        let (none, tooLong) = await relay("cat '\(try file("full", full))'", limit: UInt64(full.count - 1))
        #expect(none.isEmpty)
        guard case .outputTooLarge? = tooLong as? OpenError else {
            Issue.record("\(String(describing: tooLong))")
            return
        }
    }

    @Test("What comes behind the last stream, a receiver that fails and a sender that is not there are told")
    func rest() async throws {
        let behind = try file("behind", full + next + [0])
        #expect(await relay("cat '\(behind)'").error as? RelayError == .bytesBehindTheLast)
        let missing = StreamRelay(["/no/such/program"])
        await #expect(throws: RelayError.self) { try await missing.run([]) }
        let failing = StreamRelay.Step(expecting: StreamExpectation(), limit: .max, receiver: ["false"]) {}
        let one = try file("one", full)
        await #expect(throws: OpenError.self) { try await StreamRelay(["cat", one]).run([failing]) }
    }
}
