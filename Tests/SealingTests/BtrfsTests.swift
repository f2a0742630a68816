import Age
import Foundation
import Sealing
import StockTools
import SystemPackage
import Testing

@Suite("Real btrfs send and receive", .enabled(if: areMountsWanted), .serialized)
struct BtrfsTests {
    private let source: MountedFileSystem
    private let target: MountedFileSystem
    private let store: Scratch
    private let key: TestKey

    init() throws {
        source = try .btrfs(options: "compress=zstd:1")
        target = try .btrfs()
        store = try Scratch()
        key = try TestKey(in: store)
        try bash("btrfs subvolume create $1", source.text("code"))
        try bash(
            """
            cd $1; mkdir -p src/deep empty; ln -s ../nowhere link; head -c 3000000 /dev/urandom > random
            seq 1 400000 > numbers; ln numbers src/hard; truncate -s 5M sparse; printf x >> sparse
            mkfifo pipe; for i in $(seq 200); do echo $i > "src/deep/file $i"; done; chmod 4750 src/deep
            chown 12:34 random; setfattr -n user.note -v hello numbers || true; touch -d 2001-02-03 link -h
            """, source.text("code"))
    }

    private func snapshot(_ name: String) throws -> String {
        try bash("btrfs subvolume snapshot -r $1 $2", source.text("code"), source.text(name))
        return source.text(name)
    }

    private func edit() throws {
        try bash("cd $1; echo more >> numbers; rm sparse; mv src/deep src/moved; echo new > new", source.text("code"))
    }

    private func uuid(_ subvolume: String, _ field: String = "UUID:") throws -> SubvolumeUUID {
        let text = try bash("btrfs subvolume show $1 | sed -n \"s/^\\s*\(field)\\s*//p\"", subvolume)
        return try #require(SubvolumeUUID(text))
    }

    /// Everything in a tree with its metadata, names to contents.
    private func listing(_ tree: String) throws -> String {
        try bash(
            """
            cd $1; find . -mindepth 1 -printf '%P %y %m %U %G %n %T@ %l\\n' | sort
            find . -type f -print0 | sort -z | xargs -0 sha256sum; getfattr -d -h -R . 2>/dev/null || true
            """, tree)
    }

    @Test("sealed streams, full and incremental, are received by stock tools, and by us")
    func sealAndReceive() async throws {
        // given a snapshot and an increment to it
        let first = try snapshot("dev@2026-01")
        try edit()
        let second = try snapshot("dev@2026-02")
        let (firstUUID, secondUUID) = (try uuid(first), try uuid(second))
        // when they are sealed
        let full = try await Sealer(
            to: [key.recipient],
            content: .sendStream(StreamExpectation(name: "dev@2026-01", uuid: firstUUID, parent: .none))
        ).seal(.command(["btrfs", "-q", "send", first]), as: store.path("full"))
        let fullSummary = full.stream
        try full.finish()
        let increment = try await Sealer(
            to: [key.recipient],
            content: .sendStream(StreamExpectation(name: "dev@2026-02", uuid: secondUUID, parent: .uuid(firstUUID)))
        ).seal(.command(["btrfs", "-q", "send", "-p", first, second]), as: store.path("increment"))
        let incrementSummary = increment.stream
        try increment.finish()
        // then
        #expect(fullSummary?.version == 1)
        #expect(incrementSummary?.parentUUID == firstUUID)
        // and stock tools receive them
        try bash("mkdir $1 $2", target.text("stock"), target.text("ours"))
        for name in ["full", "increment"] {
            try bash(
                "age -d -i $1 $2 | zstd -dc | btrfs -q receive -C $3", key.file.string, store.text(name),
                target.text("stock"))
        }
        #expect(try listing(target.text("stock/dev@2026-02")) == listing(second))
        try bash("btrfs subvolume delete $1/*", target.text("stock"))
        // and so do we
        for name in ["full", "increment"] {
            let opened = try await Opener(with: [key.identity], layers: .all(.sendStream(StreamExpectation()))).open(
                store.path(name), into: .command(["btrfs", "-q", "receive", "-C", target.text("ours")]))
            #expect(opened.stream == (name == "full" ? fullSummary : incrementSummary))
        }
        #expect(try listing(target.text("ours/dev@2026-01")) == listing(first))
        #expect(try listing(target.text("ours/dev@2026-02")) == listing(second))
        #expect(try uuid(target.text("ours/dev@2026-02"), "Received UUID:") == secondUUID)
    }

    @Test(
        "what stock btrfs send, zstd and age made is opened, and received",
        arguments: ["", "--proto 2", "--proto 2 --compressed-data"])
    func openStock(options: String) async throws {
        let first = try snapshot("dev@2026-01")
        try bash(
            "btrfs -q send \(options) $1 | zstd -3 -T2 -c | age -r $2 > $3", first, key.recipient.description,
            store.text("file"))
        let content = StreamContent.sendStream(StreamExpectation(uuid: try uuid(first)))
        let opened = try await Opener(with: [key.identity], layers: .all(content)).open(
            store.path("file"), into: .command(["btrfs", "-q", "receive", "-C", target.text("")]))
        #expect(opened.stream?.version == (options.isEmpty ? 1 : 2))
        #expect(try listing(target.text("dev@2026-01")) == listing(first))
    }

    @Test("our seal of a version 2 stream is received by stock tools")
    func sealVersionTwo() async throws {
        let first = try snapshot("dev@2026-01")
        let command = ["btrfs", "-q", "send", "--proto", "2", "--compressed-data", first]
        try await sealed(
            .command(command), as: store.path("file"), to: key, content: .sendStream(StreamExpectation()))
        try bash(
            "age -d -i $1 $2 | zstd -dc | btrfs -q receive $3", key.file.string, store.text("file"), target.text(""))
        #expect(try listing(target.text("dev@2026-01")) == listing(first))
    }

    @Test("a real stream cut, damaged, followed by more or of the wrong parent is refused, and nothing is left")
    func refused() async throws {
        let first = try snapshot("dev@2026-01")
        try edit()
        let second = try snapshot("dev@2026-02")
        let before = try store.names
        let other = try uuid(source.text("code"))
        let sound = StreamExpectation()
        let cases: [(String, StreamExpectation)] = [
            ("btrfs -q send \(first) | head -c 2000000", sound), ("btrfs -q send \(first) | head -c -10", sound),
            ("btrfs -q send \(first); echo", sound), ("btrfs -q send \(first); btrfs -q send \(second)", sound),
            ("btrfs -q send \(first) | sed s/300000/300001/", sound),
            ("btrfs -q send \(first)", StreamExpectation(name: "dev@2026-02")),
            ("btrfs -q send -p \(first) \(second)", StreamExpectation(parent: .none)),
            ("btrfs -q send -p \(first) \(second)", StreamExpectation(parent: .uuid(other))),
            ("btrfs -q send \(first)", StreamExpectation(uuid: other)),
            ("btrfs -q send -e \(first) \(second)", sound),
        ]
        for (command, expectation) in cases {
            let error = await sealError(
                .command(["sh", "-c", command]), as: store.path("file"), to: key, content: .sendStream(expectation))
            switch error {
            case .stream, .otherSnapshot: break
            default: Issue.record("\(command): found \(String(describing: error))")
            }
            #expect(try store.names == before)
        }
    }

    @Test("btrfs send that cannot begin, or is killed in the middle, is what is reported")
    func sendFails() async throws {
        let first = try snapshot("dev@2026-01")
        let before = try store.names
        for command in [
            ["btrfs", "-q", "send", source.text("code")],
            ["sh", "-c", "btrfs -q send \(first) | { head -c 1000000; kill -TERM $$; }"],
        ] {
            let error = await sealError(
                .command(command), as: store.path("file"), to: key, content: .sendStream(StreamExpectation()))
            guard case .producerFailed = error else {
                Issue.record("found \(String(describing: error))")
                continue
            }
            #expect(try store.names == before)
        }
    }

    @Test("a stream without its END never becomes a received snapshot")
    func endHeldBack() async throws {
        let first = try snapshot("dev@2026-01")
        try bash(
            "{ btrfs -q send $1; echo; } | zstd -c | age -r $2 > $3", first, key.recipient.description,
            store.text("file"))
        let opener = Opener(with: [key.identity], layers: .all(.sendStream(StreamExpectation())))
        await #expect(throws: OpenError.self) {
            try await opener.open(
                store.path("file"), into: .command(["btrfs", "-q", "receive", "-C", target.text("")]))
        }
        // Stock receive sets the uuid with END, before it sees what follows.
        let received = try bash(
            "btrfs subvolume show $1 2>/dev/null | sed -n 's/.*Received UUID:\\s*//p' || true",
            target.text("dev@2026-01"))
        #expect(["", "-"].contains(received))
    }
}

@Suite("A full disk", .enabled(if: areMountsWanted))
struct FullDiskTests {
    @Test("sealing onto a full disk leaves nothing")
    func sealing() async throws {
        let scratch = try Scratch()
        let disk = try MountedFileSystem.memory(size: "1m")
        let key = try TestKey(in: scratch)
        let error = await sealError(
            .command(["head", "-c", "20000000", "/dev/urandom"]), as: disk.path("file"), to: key)
        guard case .file(let failure) = error else {
            Issue.record("found \(String(describing: error))")
            return
        }
        #expect(failure.isOutOfSpace)
        #expect(error?.hint != nil)
        #expect(try disk.names == [])
    }

    @Test("opening onto a full disk leaves nothing")
    func opening() async throws {
        let scratch = try Scratch()
        let disk = try MountedFileSystem.memory(size: "1m")
        let key = try TestKey(in: scratch)
        try await sealed(.command(["head", "-c", "20000000", "/dev/zero"]), as: scratch.path("file"), to: key)
        do throws(OpenError) {
            _ = try await Opener(with: [key.identity], layers: .all(.anyContent)).open(
                scratch.path("file"), into: .file(disk.path("out")))
            Issue.record("it fitted")
        } catch {
            guard case .file(let failure) = error else {
                Issue.record("found \(error)")
                return
            }
            #expect(failure.isOutOfSpace)
        }
        #expect(try disk.names == [])
    }
}
