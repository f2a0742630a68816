import Foundation
import ScratchSpace
import StockTools
import SystemPackage
import Testing

@testable import TreeHash

/// Rounds of random edits: the listing by change must be the full one, on the machine that made the snapshot and on the one
/// that received it. `DEVJOURNAL_SEED` repeats a run, `DEVJOURNAL_ROUNDS` asks for more rounds a file system.
@Suite("A listing by change: random edits", .enabled(if: ScratchDisk.isWanted), .serialized)
struct ByChangeRandomTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["DEVJOURNAL_ROUNDS"].flatMap { Int($0) } ?? 6
    private static let seed = environment["DEVJOURNAL_SEED"].flatMap { Int($0) } ?? Int.random(in: 0..<1_000_000_000)

    @Test(
        "Both listings are the same",
        arguments: [
            "noatime", "relatime", "strictatime", "compress-force=zstd:1", "nodatacow", "nodatasum", "max_inline=0",
            "flushoncommit", "autodefrag",
        ])
    func rounds(options: String) throws {
        print("options \(options), seed \(Self.seed), rounds \(Self.rounds)")
        let series = try SnapshotSeries(options: options)
        var received = (label: 0, generation: UInt64(0))
        try edit(series, 0, count: 150)
        try series.snapshot("0")
        for round in 1...Self.rounds {
            let comment: Comment = "DEVJOURNAL_SEED=\(Self.seed), options \(options), round \(round)"
            try edit(series, round, count: 40, snapshot: "\(round)")
            try series.expectSame(
                "\(round)", since: "\(round - 1)", month: round % 3 == 0 ? round % 12 + 1 : nil, why: comment)
            // The other machine: a full artifact now and then, else an increment.
            if round % 5 == 1 {
                try series.receive("\(round)")
            } else {
                try series.receive("\(round)", since: "\(round - 1)")
                try series.expectSame(
                    "in/\(round)", since: "in/\(received.label)", .generation(received.generation), why: comment)
            }
            try series.listInFull("in/\(round)")
            received = (round, try series.generation(of: "in/\(round)"))
            if round > 1 { try series.delete(["\(round - 2)", "in/\(round - 2)"]) }
        }
    }

    private func edit(_ series: SnapshotSeries, _ round: Int, count: Int, snapshot: String? = nil) throws {
        let words = ["\(series.path("code"))", "\(Self.seed + round)", "\(count)"]
        let taken = snapshot.map { [series.path($0).string] } ?? []
        _ = try stockOutput(["python3", Self.editor.string] + words + taken)
    }

    private static let editor = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .appending("Support/random_edits.py")
}
