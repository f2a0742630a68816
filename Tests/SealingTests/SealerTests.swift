import Age
import DurableFiles
import Foundation
import HandMadeStreams
import StockTools
import SystemPackage
import Testing
import Zstd

@testable import Sealing

/// Seals and gives the file its name.
@discardableResult
func sealed(
    _ source: StreamSource, as path: FilePath, to key: TestKey, content: StreamContent = .anyContent
) async throws -> StoredFileExpectation {
    let sealer = Sealer(to: [key.recipient], content: content)
    let file = try await sealer.seal(source, as: path)
    let stored = StoredFileExpectation(bytes: file.bytes, sha256: file.sha256)
    try file.finish()
    return stored
}

/// What sealing ends with; nil where it succeeds.
func sealError(
    _ source: StreamSource, as path: FilePath, to key: TestKey, content: StreamContent = .anyContent
) async -> SealError? {
    do throws(SealError) {
        let file = try await Sealer(to: [key.recipient], content: content).seal(source, as: path)
        file.discard()
        return nil
    } catch {
        return error
    }
}

@Suite("Sealing")
struct SealerTests {
    private let scratch: Scratch
    private let store: Scratch
    private let key: TestKey

    init() throws {
        scratch = try Scratch()
        store = try Scratch()
        key = try TestKey(in: scratch)
    }

    @Test(
        "stock age and zstd undo it, whatever the length: frames of 4 MiB",
        arguments: [
            (0, 1), (1, 1), (65_536, 1), (3_000_001, 1), (4 << 20, 1), (4_194_305, 2), (8 << 20, 2), (9_000_001, 3),
        ]
    )
    func stockUndoes(count: Int, frames: Int) async throws {
        // given
        let bytes = mixedBytes(count)
        let source = try scratch.write(bytes, to: "plain")
        // when
        let sealer = Sealer(to: [key.recipient], content: .anyContent)
        let file = try await sealer.seal(.command(["cat", source.string]), as: store.path("file"))
        let (size, sha256, streamBytes, producer) = (file.bytes, file.sha256, file.streamBytes, file.producer)
        let (temporary, names) = (file.temporaryPath, try store.names)
        try file.finish()
        // then
        #expect(temporary == store.path(".file.sealing"))
        #expect(names == [".file.sealing"])
        #expect(try store.names == ["file"])
        #expect(streamBytes == UInt64(count))
        #expect(producer == .exited(0))
        #expect(try bash("stat -c '%s %a' $1", store.text("file")) == "\(size) 440")
        #expect(try bash("sha256sum < $1", store.text("file")) == "\(sha256)  -")
        try bash(
            "age -d -i $1 $2 | tee $4 | zstd -dc > $3", key.file.string, store.text("file"), scratch.text("again"),
            scratch.text("a.zst"))
        #expect(isEqual(try scratch.read("again"), bytes))
        let list = try bash("zstd -lv $1", scratch.text("a.zst"))
        #expect(list.contains("# Zstandard Frames: \(frames)\n"), "\(list)")
        // and so do we
        _ = try await Opener(with: [key.identity], layers: .all(.anyContent)).open(
            store.path("file"), into: .file(scratch.path("opened")))
        #expect(isEqual(try scratch.read("opened"), bytes))
    }

    @Test("a stream comes from a descriptor as well")
    func fromDescriptor() async throws {
        let stream = HandMadeStream.whole(writes: 30, size: 40_000).bytes
        let source = try FileDescriptor.open(try scratch.write(stream, to: "stream"), .readOnly)
        defer { try? source.close() }
        let sealer = Sealer(to: [key.recipient], content: .sendStream(StreamExpectation(name: "dev@2026-01")))
        let file = try await sealer.seal(.descriptor(source), as: store.path("file"))
        let (summary, streamBytes, producer) = (file.stream, file.streamBytes, file.producer)
        try file.finish()
        #expect(summary?.name == "dev@2026-01")
        #expect(summary?.bytes == UInt64(stream.count))
        #expect(streamBytes == UInt64(stream.count))
        #expect(producer == nil)
    }

    @Test("several recipients can each open it")
    func recipients() async throws {
        let other = try TestKey(in: scratch)
        let sealer = Sealer(to: [key.recipient, other.recipient], content: .anyContent)
        try await sealer.seal(.command(["echo", "hello"]), as: store.path("file")).finish()
        for key in [key, other] {
            #expect(try bash("age -d -i $1 $2 | zstd -dc", key.file.string, store.text("file")) == "hello")
        }
    }

    @Test("a producer that fails is reported with its status, and nothing is left")
    func producerFails() async throws {
        let cases: [([String], String)] = [
            (["sh", "-c", "echo data; exit 3"], "sh -c echo data; exit 3 failed: exit status 3"),
            (["sh", "-c", "echo data; kill -9 $$"], "sh -c echo data; kill -9 $$ failed: killed by signal 9"),
            (["/nonexistent/btrfs"], "cannot start /nonexistent/btrfs: no such program"),
            (["no-such-program-anywhere"], "cannot start no-such-program-anywhere: no such program"),
            ([], "cannot start : the command is empty"),
        ]
        for (command, message) in cases {
            let error = await sealError(.command(command), as: store.path("file"), to: key)
            #expect(error?.description == message)
            #expect(try store.names == [])
        }
    }

    @Test("no descriptor stays open, whether the producer starts or not")
    func descriptors() async throws {
        func count() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        let before = try count()
        for _ in 0..<100 {
            _ = await sealError(.command(["/nonexistent"]), as: store.path("file"), to: key)
            _ = await sealError(.command(["false"]), as: store.path("file"), to: key)
        }
        // Other tests open files at the same time, but not that many.
        #expect(try count() < before + 100)
    }

    @Test("a producer killed in the middle of its stream is what is reported, not the cut stream")
    func producerKilled() async throws {
        let stream = try scratch.write(HandMadeStream.whole(writes: 100, size: 50_000).bytes, to: "stream")
        let script = "head -c 1000000 \(stream); kill -KILL $$"
        let content = StreamContent.sendStream(StreamExpectation())
        let error = await sealError(.command(["sh", "-c", script]), as: store.path("file"), to: key, content: content)
        guard case .producerFailed(_, .signaled(9)) = error else {
            Issue.record("found \(String(describing: error))")
            return
        }
        #expect(try store.names == [])
    }

    @Test("a stream that is not sound is refused although its producer says success")
    func badStreams() async throws {
        let good = HandMadeStream.whole(writes: 100, size: 50_000).bytes
        var flipped = good
        flipped[good.count / 2] ^= 1
        let cases: [(String, [UInt8])] = [
            ("empty", []), ("cut", Array(good.dropLast(20))), ("END dropped", Array(good.dropLast(10))),
            ("trailing", good + [0]), ("twice", good + good), ("flipped", flipped), ("other", mixedBytes(3_000_000)),
        ]
        for (name, bytes) in cases {
            let source = try scratch.write(bytes, to: "stream")
            let error = await sealError(
                .command(["cat", source.string]), as: store.path("file"), to: key,
                content: .sendStream(StreamExpectation()))
            guard case .stream = error else {
                Issue.record("\(name): found \(String(describing: error))")
                continue
            }
            #expect(try store.names == [])
        }
    }

    @Test("another snapshot than the expected one is refused at its first command")
    func otherSnapshot() async throws {
        let stream = HandMadeStream.whole(parent: HandMadeStream.parent)
        let source = try scratch.write(stream.bytes, to: "stream")
        let parent = try #require(SubvolumeUUID(HandMadeStream.parent))
        let uuid = try #require(SubvolumeUUID(HandMadeStream.uuid))
        let wrong: [(StreamExpectation, String)] = [
            (StreamExpectation(name: "dev@2026-02"), "name"),
            (StreamExpectation(uuid: parent), "uuid"),
            (StreamExpectation(parent: .none), "parent uuid"),
            (StreamExpectation(parent: .uuid(uuid)), "parent uuid"),
        ]
        for (expectation, what) in wrong {
            // A producer that would never end shows that nobody waits for it.
            let command = ["sh", "-c", "cat \(source); exec sleep 1000"]
            let error = await sealError(
                .command(command), as: store.path("file"), to: key, content: .sendStream(expectation))
            guard case .otherSnapshot(let mismatch) = error else {
                Issue.record("found \(String(describing: error))")
                continue
            }
            #expect(mismatch.what == what)
            #expect(try store.names == [])
        }
        let right = StreamExpectation(name: "dev@2026-01", uuid: uuid, parent: .uuid(parent))
        try await sealed(
            .command(["cat", source.string]), as: store.path("file"), to: key, content: .sendStream(right))
        #expect(try store.names == ["file"])
    }

    @Test("a full anchor may not be made from an incremental stream, nor the other way round")
    func parentOfAFull() async throws {
        let source = try scratch.write(HandMadeStream.whole().bytes, to: "stream")
        let parent = try #require(SubvolumeUUID(HandMadeStream.parent))
        let content = StreamContent.sendStream(StreamExpectation(parent: .uuid(parent)))
        let error = await sealError(
            .command(["cat", source.string]), as: store.path("file"), to: key, content: content)
        #expect(error?.description.contains("its parent uuid is none instead of") == true)
        let full = StreamContent.sendStream(StreamExpectation(parent: .none))
        #expect(
            await sealError(.command(["cat", source.string]), as: store.path("file"), to: key, content: full) == nil)
    }

    @Test("a name that is taken is never replaced")
    func nameTaken() async throws {
        let path = try store.write([1, 2, 3], to: "file")
        let error = await sealError(.command(["echo"]), as: path, to: key)
        guard case .alreadyThere(path) = error else {
            Issue.record("found \(String(describing: error))")
            return
        }
        // Taken while the stream was sealed:
        let late = store.path("late")
        let file = try await Sealer(to: [key.recipient], content: .anyContent).seal(.command(["echo"]), as: late)
        _ = try store.write([4], to: "late")
        do throws(SealError) {
            try file.finish()
            Issue.record("the name was replaced")
        } catch {
            #expect(error.description == "\(late) exists already")
        }
        #expect(try store.read("late") == [4])
        #expect(try store.names == [".late.sealing", "file", "late"])
    }

    @Test("two programs do not make the same artifact at once")
    func atOnce() async throws {
        let path = store.path("file")
        let first = try await Sealer(to: [key.recipient], content: .anyContent).seal(.command(["echo"]), as: path)
        let error = await sealError(.command(["echo"]), as: path, to: key)
        #expect(error?.description == "another process is making \(path)")
        #expect(error?.hint != nil)
        try first.finish()
        #expect(try store.names == ["file"])
    }

    @Test("what a crash left is finished if it was recorded, else cleared away")
    func leftovers() async throws {
        let path = store.path("file")
        // given a sealed file that was not named
        let file = try await Sealer(to: [key.recipient], content: .anyContent).seal(.command(["echo"]), as: path)
        let (bytes, sha256) = (file.bytes, file.sha256)
        try bash("cp $1 $2", file.temporaryPath.string, scratch.text("kept"))
        file.discard()
        #expect(try await Sealer.finishLeftover(as: path, bytes: bytes, sha256: sha256) == false)
        #expect(try Sealer.removeLeftover(of: path) == false)
        // when it was recorded
        try bash("cp $1 $2", scratch.text("kept"), store.text(".file.sealing"))
        #expect(try await Sealer.finishLeftover(as: path, bytes: bytes, sha256: sha256))
        #expect(try bash("stat -c %a $1", path.string) == "440")
        // or when it is another
        try bash("rm -f $1; echo >> $2; cp $2 $3", path.string, scratch.text("kept"), store.text(".file.sealing"))
        await #expect(throws: SealError.self) {
            try await Sealer.finishLeftover(as: path, bytes: bytes, sha256: sha256)
        }
        #expect(try store.names == [".file.sealing"])
        // or when it was not recorded
        #expect(try Sealer.removeLeftover(of: path))
        #expect(try store.names == [])
        // or when the next run simply begins again
        try bash("echo old > $1", store.text(".file.sealing"))
        try await sealed(.command(["echo", "new"]), as: path, to: key)
        #expect(try bash("age -d -i $1 $2 | zstd -dc", key.file.string, path.string) == "new")
    }

    @Test("a child that has a copy of the open file does not keep it locked")
    func copiedDescriptor() throws {
        let path = store.path("file")
        var copy: FileDescriptor?
        try {
            let file = try TemporaryFile(for: path, .sealing)
            copy = try file.file.descriptor.duplicate()
        }()
        #expect(try Sealer.removeLeftover(of: path))
        try copy?.close()
        #expect(try store.names == [])
    }

    @Test("a cancelled sealing leaves nothing, and does not wait for its producer")
    func cancelled() async throws {
        let (store, key) = (store, key)
        let task = Task {
            await sealError(.command(["sh", "-c", "echo; exec sleep 1000"]), as: store.path("file"), to: key)
        }
        while try store.names.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        guard case .cancelled = await task.value else {
            Issue.record("sealing continued")
            return
        }
        #expect(try store.names == [])
    }

    @Test("without a recipient nothing begins")
    func noRecipient() async throws {
        do throws(SealError) {
            let file = try await Sealer(to: [], content: .anyContent).seal(.command(["echo"]), as: store.path("f"))
            file.discard()
            Issue.record("it was sealed to nobody")
        } catch {
            #expect(error.description == "there is no age recipient to seal to")
        }
    }

    @Test("a directory that is not there")
    func noDirectory() async throws {
        let error = await sealError(.command(["echo"]), as: store.path("no/file"), to: key)
        guard case .file(let failure) = error else {
            Issue.record("found \(String(describing: error))")
            return
        }
        #expect(failure.errno == .noSuchFileOrDirectory)
    }
}
