import Age
import Digest
import Foundation
import HandMadeStreams
import StockTools
import SystemPackage
import Testing

@testable import Sealing

@Suite("Opening")
struct OpenerTests {
    private let scratch: Scratch
    private let store: Scratch
    private let out: Scratch
    private let key: TestKey

    init() throws {
        scratch = try Scratch()
        store = try Scratch()
        out = try Scratch()
        key = try TestKey(in: scratch)
    }

    private func stock(_ bytes: [UInt8], zstd: String = "zstd -3 -T2 -c") throws -> FilePath {
        let source = try scratch.write(bytes, to: "plain")
        try bash("\(zstd) < $1 | age -r $2 > $3", source.string, key.recipient.description, store.text("file"))
        return store.path("file")
    }

    private func opener(
        _ layers: OpenedLayers = .all(.anyContent), expecting: StoredFileExpectation? = nil, limit: UInt64 = .max
    ) -> Opener {
        Opener(with: [key.identity], layers: layers, expecting: expecting, outputLimit: limit)
    }

    private func openError(_ opener: Opener, _ path: FilePath, into sink: StreamSink? = nil) async -> OpenError? {
        do throws(OpenError) {
            _ = try await opener.open(path, into: sink ?? .file(out.path("out")))
            return nil
        } catch {
            return error
        }
    }

    @Test("what stock zstd and age made is opened, whatever the length", arguments: [0, 1, 65_536, 3_000_001])
    func opensStock(count: Int) async throws {
        // given
        let bytes = mixedBytes(count)
        let path = try stock(bytes)
        // when
        let opened = try await opener().open(path, into: .file(out.path("out")))
        // then
        #expect(isEqual(try out.read("out"), bytes))
        #expect(opened.outputBytes == UInt64(count))
        #expect(opened.storedBytes == UInt64(try store.read("file").count))
        #expect(try out.names == ["out"])
        #expect(try bash("stat -c %a $1", out.text("out")) == "600")
    }

    @Test("what we sealed is opened to a file, a descriptor and a command")
    func allSinks() async throws {
        let stream = HandMadeStream.whole(writes: 60, size: 50_000).bytes
        let source = try scratch.write(stream, to: "stream")
        let stored = try await sealed(.command(["cat", source.string]), as: store.path("file"), to: key)
        let opener = opener(.all(.sendStream(StreamExpectation(name: "dev@2026-01"))), expecting: stored)

        let opened = try await opener.open(store.path("file"), into: .file(out.path("a")))
        #expect(opened.stream?.commands == 62)
        #expect(opened.storedBytes == stored.bytes)

        let descriptor = try FileDescriptor.open(
            out.path("b"), .writeOnly, options: .create, permissions: .ownerReadWrite)
        defer { try? descriptor.close() }
        _ = try await opener.open(store.path("file"), into: .descriptor(descriptor))

        _ = try await opener.open(store.path("file"), into: .command(["sh", "-c", "cat > \(out.text("c"))"]))
        for name in ["a", "b", "c"] { #expect(isEqual(try out.read(name), stream), "\(name)") }
    }

    @Test("a name that is not a file is written to as it is")
    func device() async throws {
        let path = try stock(mixedBytes(1000))
        let opened = try await opener().open(path, into: .file("/dev/null"))
        #expect(opened.outputBytes == 1000)
        #expect(try bash("stat -c %F /dev/null") == "character special file")
    }

    @Test("age alone is undone of any age file, armored or not")
    func ageOnly() async throws {
        let source = try scratch.write(mixedBytes(200_000), to: "plain")
        for option in ["", "-a"] {
            try bash("age \(option) -r $1 -o $2 $3", key.recipient.description, store.text("file"), source.string)
            _ = try await opener(.ageOnly).open(store.path("file"), into: .file(out.path("out")))
            #expect(isEqual(try out.read("out"), mixedBytes(200_000)))
        }
        let error = await openError(opener(.ageOnly, limit: 199_999), store.path("file"), into: .file(out.path("x")))
        #expect(error?.description == "the stored file holds more than the 199999 bytes that were recorded")
        #expect(try out.names == ["out"])
    }

    @Test("another file than the recorded one is refused before anything of it is used")
    func otherFile() async throws {
        let path = try stock(mixedBytes(100_000))
        let bytes = try store.read("file")
        let recorded = StoredFileExpectation(bytes: UInt64(bytes.count), sha256: SHA256.hash(bytes.span))
        #expect(await openError(opener(expecting: recorded), path) == nil)
        try bash("rm $1", out.text("out"))
        // A sound file, sealed to the same key by somebody else:
        _ = try stock(mixedBytes(100_000, seed: 2))
        try bash("truncate -s \(bytes.count) $1", path.string)
        // A command that would leave a trace if it was started.
        let trace = StreamSink.command(["touch", out.text("trace")])
        guard case .otherContent = await openError(opener(expecting: recorded), path, into: trace) else {
            Issue.record("it was opened")
            return
        }
        try bash("truncate -s -1 $1", path.string)
        guard case .otherLength = await openError(opener(expecting: recorded), path, into: trace) else {
            Issue.record("it was opened")
            return
        }
        #expect(try out.names == [])
    }

    @Test(
        "of a file that changes after it was hashed nothing is used that was not hashed",
        arguments: ["its first byte", "a byte in the middle", "its last byte", "its end is cut", "more at its end"])
    func changedMeanwhile(what: String) async throws {
        // given a file that was hashed, and then changed
        let path = try stock(mixedBytes(9_000_000))
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        let hashed = HashedBlocks()
        let size = Int(try hash(file, path, remembering: hashed).bytes)
        #expect(size > 2 * HashedBlocks.size)
        var bytes = try store.read("file")
        switch what {
        case "its first byte": bytes[0] ^= 1
        case "a byte in the middle": bytes[HashedBlocks.size] ^= 1
        case "its last byte": bytes[size - 1] ^= 1
        case "its end is cut": bytes.removeLast((size - 1) % HashedBlocks.size + 1)
        default: bytes.append(0)
        }
        _ = try store.write(bytes, to: "file")
        let target = try FileDescriptor.open(
            out.path("out"), .writeOnly, options: .create, permissions: .ownerReadWrite)
        defer { try? target.close() }
        let pipeline = OpenPipeline(
            file: file, path: path, identities: [key.identity], passphrase: nil, layers: .all(.anyContent),
            hashed: hashed, outputLimit: .max, progress: nil)
        // when
        let result = await pipeline.run(into: target, "out")
        // then
        if what == "its end is cut", case .failure(.encryption) = result {
            // What is left ends too early for age, which tells first.
        } else if case .failure(.changedMeanwhile) = result {
        } else {
            Issue.record("found \(result)")
        }
        #expect(try out.read("out").count < 9_000_000)
    }

    @Test("a wrong key, a cut file, a flipped bit, more at the end: refused, and no file is left")
    func damaged() async throws {
        let path = try stock(mixedBytes(500_000))
        let good = try store.read("file")
        var flipped = good
        flipped[good.count - 1000] ^= 1
        let other = Opener(with: [.generate()], layers: .all(.anyContent))
        guard case .encryption(.wrongKey) = await openError(other, path) else {
            Issue.record("it was opened")
            return
        }
        for bytes in [[], Array(good.dropLast()), Array(good.prefix(70_000)), flipped, good + [0]] {
            let damaged = try store.write(bytes, to: "damaged")
            guard case .encryption = await openError(opener(), damaged) else {
                Issue.record("it was opened, or failed otherwise")
                continue
            }
        }
        #expect(try out.names == [])
    }

    @Test("what is inside must be one zstd frame, or frames as we make them, of the recorded length")
    func inside() async throws {
        let cases: [(String, String)] = [
            ("cat", "this is not zstd data"), ("true", "there is no zstd data at all"),
            ("zstd -c | cat - <(echo)", "there are bytes after the end of the zstd frame"),
            ("zstd -c | { head -c 5000 ; cat >/dev/null ; }", "the zstd data ends too early"),
            ("zstd -c ; echo more | zstd -c", "there are bytes after the end of the zstd frame"),
            ("zstd -c --stream-size=100000 ; echo more | zstd -c", "there are bytes after the end of the zstd frame"),
            ("zstd -c --stream-size=100000 | { head -c 5000 ; cat >/dev/null ; }", "the zstd data ends too early"),
        ]
        for (command, message) in cases {
            let path = try stock(mixedBytes(100_000), zstd: "{ \(command) ; }")
            #expect(await openError(opener(), path)?.description == message)
        }
        // One frame that a single thread reads, and one that may be the first of many.
        for command in ["zstd -c", "zstd -c --stream-size=100000"] {
            let path = try stock(mixedBytes(100_000), zstd: command)
            #expect(await openError(opener(limit: 100_000), path) == nil)
            let error = await openError(opener(limit: 99_999), path, into: .file(out.path("b")))
            guard case .outputTooLarge(99_999) = error else {
                Issue.record("it was opened: \(command)")
                return
            }
        }
        #expect(try out.names == ["out"])
    }

    @Test("frames that are damaged, exchanged or left out give no complete stream", arguments: [true, false])
    func badFrames(hasHash: Bool) async throws {
        // given a stream of three frames
        let stream = HandMadeStream.whole(writes: 180, size: 60_000).bytes
        var sealedFrames: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: 4 << 20) {
            _ = try scratch.write(Array(stream[start..<min(start + 4 << 20, stream.count)]), to: "part")
            try bash("zstd -q -f $1 -o $2", scratch.text("part"), scratch.text("frame"))
            sealedFrames.append(try scratch.read("frame"))
        }
        #expect(sealedFrames.count == 3)
        func opened(_ frames: [[UInt8]]) async throws -> OpenError? {
            let source = try scratch.write(frames.flatMap { $0 }, to: "frames")
            try bash("age -r $1 -o $2 $3", key.recipient.description, store.text("file"), source.string)
            let bytes = try store.read("file")
            let recorded = StoredFileExpectation(bytes: UInt64(bytes.count), sha256: SHA256.hash(bytes.span))
            let opener = opener(.all(.sendStream(StreamExpectation())), expecting: hasHash ? recorded : nil)
            return await openError(opener, store.path("file"), into: .file(out.path("out")))
        }
        #expect(try await opened(sealedFrames) == nil)
        #expect(isEqual(try out.read("out"), stream))
        try bash("rm $1", out.text("out"))
        // then
        for place in sealedFrames.indices {
            var damaged = sealedFrames
            damaged[place][100_000] ^= 1
            #expect(try await opened(damaged) != nil, "frame \(place) is damaged")
            var fewer = sealedFrames
            fewer.remove(at: place)
            #expect(try await opened(fewer) != nil, "frame \(place) is left out")
        }
        #expect(try await opened([sealedFrames[1], sealedFrames[0], sealedFrames[2]]) != nil)
        #expect(try await opened([sealedFrames[0], sealedFrames[2], sealedFrames[1]]) != nil)
        #expect(try out.names == [])
    }

    @Test("a stream that is not sound, or another snapshot's, never reaches its reader whole")
    func badStreams() async throws {
        let good = HandMadeStream.whole(writes: 40, size: 50_000).bytes
        var flipped = good
        flipped[good.count - 100] ^= 1
        let cases: [(String, [UInt8], StreamExpectation)] = [
            ("cut", Array(good.dropLast(3)), StreamExpectation()),
            ("END dropped", Array(good.dropLast(10)), StreamExpectation()),
            ("trailing", good + [0], StreamExpectation()), ("flipped", flipped, StreamExpectation()),
            ("other name", good, StreamExpectation(name: "dev@2026-02")),
        ]
        for (name, bytes, expectation) in cases {
            let path = try stock(bytes)
            let opener = opener(.all(.sendStream(expectation)))
            let fileError = await openError(opener, path)
            let sink = StreamSink.command(["sh", "-c", "cat > '\(out.text(name))'"])
            let commandError = await openError(opener, path, into: sink)
            for error in [fileError, commandError] {
                switch error {
                case .stream, .otherSnapshot: break
                default: Issue.record("\(name): found \(String(describing: error))")
                }
            }
            let seen = (try? out.read(name))?.count ?? 0
            #expect(seen <= good.count - 10, "\(name): its reader got it whole")
        }
        #expect(try out.names.allSatisfy { $0 != "out" && !$0.hasPrefix(".") })
    }

    @Test("a command that fails, stops reading or is not there is reported")
    func commands() async throws {
        let path = try stock(mixedBytes(4_000_000))
        func message(_ command: [String]) async -> String? {
            await openError(opener(), path, into: .command(command))?.description
        }
        #expect(await message(["sh", "-c", "cat > /dev/null; exit 4"])?.hasSuffix("failed: exit status 4") == true)
        #expect(await message(["sh", "-c", "exit 5"])?.hasSuffix("failed: exit status 5") == true)
        #expect(await message(["head", "-c", "10"])?.hasSuffix("Broken pipe") == true)
        #expect(await message(["/nonexistent"]) == "cannot start /nonexistent: no such program")
    }

    @Test("a stored file that is not there")
    func missing() async throws {
        guard case .file(let failure) = await openError(opener(), store.path("none")) else {
            Issue.record("it was opened")
            return
        }
        #expect(failure.errno == .noSuchFileOrDirectory)
    }

    @Test("a cancelled opening leaves nothing, and its command is ended")
    func cancelled() async throws {
        let path = try stock(mixedBytes(8_000_000))
        let (opener, out) = (opener(), out)
        let task = Task {
            try await opener.open(path, into: .command(["sh", "-c", "touch \(out.text("began")); exec sleep 1000"]))
        }
        while try out.names.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        await #expect(throws: OpenError.self) { try await task.value }
    }
}
