import Catalogue
import Digest
import EncodedExtents
import Foundation
import StockTools
import SystemPackage
import Testing

@testable import Sealing

/// Months of random changes, sent by real `btrfs send` and received by real `btrfs receive`: each file of each month,
/// read out of the streams by the maps alone, has the bytes of what was received.
///
/// `FILES_OUT_OF_STREAMS_ROUNDS` and `FILES_OUT_OF_STREAMS_SEED` in the environment say how many chains and which.
@Suite("Files out of send streams", .enabled(if: areMountsWanted), .serialized)
struct FilesOutOfStreamsTests {
    private static let months = 6

    private struct Chain {
        var tree = VirtualTree()
        var streams: [[UInt8]] = []
        var files = 0
        var mapBytes = 0
        var streamBytes = 0
        var undone = 0

        /// Takes in the stream of a month, in blocks of that size.
        mutating func add(_ stream: [UInt8], size: Int) throws {
            let map = try recordedMap(stream, size: size)
            try tree.add(map.span)
            streams.append(stream)
            mapBytes += map.count
            streamBytes += stream.count
        }

        /// The file's bytes by its read plan.
        mutating func contents(_ path: [UInt8], size: Int) throws -> [UInt8] {
            var bytes: [UInt8] = []
            for piece in try tree.readPlan(for: path, size: size) {
                #expect(piece.offset == bytes.count)
                switch piece.source {
                case .zeros: bytes += [UInt8](repeating: 0, count: piece.length)
                case .stream(let artifact, let offset): bytes += streams[artifact][offset..<offset + piece.length]
                case .encoded(let artifact, let offset, let stored, let compression, let whole, let skip):
                    let block = try undo(
                        extent: streams[artifact][offset..<offset + stored].span, compression.ofExtent, length: whole)
                    bytes += block[skip..<skip + piece.length]
                    undone += 1
                }
            }
            return bytes
        }
    }

    /// Compares all files of the received snapshot `top`, and that the tree knows of nothing else.
    private func compare(_ chain: inout Chain, with top: String, _ place: String) throws {
        let script = "cd $1; find . -mindepth 1 -type f -printf '%s %P\\0'"
        var found = 0
        for line in try stockOutput(["bash", "-c", script, "bash", top]).split(separator: 0) {
            guard let space = line.firstIndex(of: 0x20), let size = Int(String(decoding: line[..<space], as: UTF8.self))
            else {
                Issue.record("\(place): find said something else")
                return
            }
            let path = Array(line[(space + 1)...])
            let name = String(decoding: path, as: UTF8.self)
            let identity = try #require(chain.tree.identity(at: path), "\(place): \(name)")
            #expect(chain.tree.size(of: identity) == size, "\(place): the size of \(name)")
            #expect(chain.tree.paths(of: identity).contains(path), "\(place): the names of \(name)")
            let received = try Data(contentsOf: URL(fileURLWithPath: "\(top)/\(name)"))
            let read = try chain.contents(path, size: size)
            try #require(SHA256.hash(read.span) == SHA256.hash(Array(received).span), "\(place): \(name)")
            found += 1
        }
        chain.files += found
    }

    /// An increment as a restore gives it to `btrfs receive`, with the parent as it is named.
    private func receivable(_ stream: [UInt8]) throws -> [UInt8] {
        let parent = try #require(SubvolumeUUID(Array(1...16)))
        var relayed = ReceivableStream(ParentSubstitute(of: parent, by: parent))
        var bytes: [UInt8] = []
        try relayed.pass(stream.span) { piece in
            for index in piece.indices { bytes.append(piece[index]) }
        }
        return bytes
    }

    private static let changes = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../Support/change_tree.py").path

    /// A chain from an empty subvolume on, each month sent in the version that `version` says.
    private func chain(
        seed: Int, months: Int, options: String, count: Int, send: (Int) -> String, into chain: inout Chain
    ) throws {
        let source = try MountedFileSystem.btrfs(options: options)
        let target = try MountedFileSystem.btrfs()
        let streams = try Scratch()
        try bash("btrfs -q subvolume create $1", source.text("code"))
        for month in 0..<months {
            let place = "FILES_OUT_OF_STREAMS_SEED=\(seed), month \(month)"
            try bash(
                "timeout 120 python3 $1 $2 $3 $4", Self.changes, source.text("code"), "\(seed &+ month)", "\(count)")
            try bash("btrfs -q subvolume snapshot -r $1 $2", source.text("code"), source.text("m\(month)"))
            let parent = month > 0 ? "-p \(source.text("m\(month - 1)"))" : ""
            try bash(
                "btrfs -q send \(send(month)) \(parent) -f $2 $1", source.text("m\(month)"), streams.text("stream"))
            let stream = try streams.read("stream")
            try Data(month > 0 ? receivable(stream) : stream).write(to: URL(fileURLWithPath: streams.text("received")))
            try bash("btrfs -q receive -f $2 $1", target.text(""), streams.text("received"))
            try chain.add(stream, size: 100_003)
            try compare(&chain, with: target.text("m\(month)"), place)
            try compare(&chain, with: source.text("m\(month)"), place)
        }
    }

    @Test("random months in versions 1 and 2: the bytes of each file are where its plan says")
    func months() throws {
        let given = ProcessInfo.processInfo.environment
        let rounds = given["FILES_OUT_OF_STREAMS_ROUNDS"].flatMap(Int.init) ?? 12
        let seed = given["FILES_OUT_OF_STREAMS_SEED"].flatMap(Int.init) ?? .random(in: 0..<1 << 30)
        print("FILES_OUT_OF_STREAMS_SEED=\(seed)")
        var (files, mapBytes, streamBytes) = (0, 0, 0)
        for round in 0..<rounds {
            let seed = seed &+ 1000 &* round
            let options = ["noatime", "compress-force=zstd", "nodatacow", "max_inline=0"][seed & 3]
            var made = Chain()
            try chain(
                seed: seed, months: Self.months, options: options, count: 40,
                send: { (seed >> 2 &+ $0) % 3 == 0 ? "--proto 2" : "--proto 1" }, into: &made)
            (files, mapBytes) = (files + made.files, mapBytes + made.mapBytes)
            streamBytes += made.streamBytes
        }
        print("\(files) files of \(rounds) chains compared, \(mapBytes) bytes of maps for \(streamBytes) of streams")
        #expect(files > rounds * 40)
    }

    @Test(
        "extents that are sent as the disk has them: the plan says how they are undone",
        arguments: ["zlib", "zstd", "lzo"])
    func encoded(compression: String) throws {
        let source = try MountedFileSystem.btrfs(options: "compress-force=\(compression),max_inline=0")
        let streams = try Scratch()
        try bash(
            """
            btrfs -q subvolume create $1; cd $1; seq 1 60000 > numbers; head -c 300000 /dev/zero | tr '\\0' w > words; sync
            dd if=/dev/zero of=words bs=4096 seek=3 count=1 conv=notrunc status=none; cp --reflink=always numbers copy
            truncate -s 100001 numbers; sync; btrfs -q subvolume snapshot -r . ../m0
            btrfs -q send --compressed-data --proto 2 -f $2 ../m0
            """, source.text("code"), streams.text("stream"))
        var chain = Chain()
        try chain.add(try streams.read("stream"), size: 77_777)
        try compare(&chain, with: source.text("m0"), "encoded")
        #expect(chain.files == 3)
        #expect(chain.undone > 3)
    }
}
