import JournalFixtures
import JournalFormat
import Mirror
import ObjectStore
import ScratchSpace
import StockTools
import Testing

/// The protocol of the mirror as a model: the real pushes and takeovers of several machines at one bucket, each stopped
/// at each of its writes while another one acts, and then continuing, or dying there.
///
/// Whatever comes of it: what anybody heard is mirrored stays so, the mirror is sound, and somebody can continue.
@Suite("Servers that act in between one another")
struct InterleavingTests {
    /// What a machine does.
    enum Act: CaseIterable, Sendable {
        /// The server pushes what it has.
        case push
        /// A copy of the server's disk comes back and pushes what it has, and that is as old as the copy.
        case pushByCopy
        /// The same, and it has gone on by itself.
        case pushByForkedCopy
        /// A new machine takes the journal over from the bucket.
        case takeOver
        /// The same, and pushes.
        case takeOverAndPush
    }

    /// An act is stopped after its write of that number, from 1 on; that is also before the next one.
    struct Stop: Sendable, CustomStringConvertible {
        let write: Int
        let dies: Bool

        var description: String { "after write \(write), \(dies ? "dies" : "goes on")" }
    }

    /// Machines, a bucket, and what was acknowledged.
    final class World {
        let bucket: Bucket
        let server: TestServer
        /// Taken when the server had less.
        private let template: TestServer
        /// Lines that somebody heard are mirrored.
        private(set) var acknowledged: [[UInt8]] = []

        init(_ template: Template) throws {
            bucket = try template.bucket.copied()
            server = try template.server.copied()
            self.template = template.server
            try server.note()
            try server.register("2026-02")
        }

        /// Does it all, or until `store` stops it. What is refused is refused; the others continue.
        func act(_ act: Act, through store: any ObjectStore) throws {
            do {
                switch act {
                case .push: try push(server, store)
                case .pushByCopy: try push(try template.copied(), store)
                case .pushByForkedCopy:
                    let copy = try template.copied()
                    try copy.note(2)
                    try push(copy, store)
                case .takeOver: _ = try takeOver(store)
                case .takeOverAndPush: try push(try takeOver(store), store)
                }
            } catch is MirrorError {
                return
            }
        }

        private func push(_ machine: TestServer, _ store: any ObjectStore) throws {
            let before = try machine.size
            let report = try machine.push(to: store)
            acknowledge(machine, report.checkpoint?.checkpoint.size ?? before)
        }

        private func takeOver(_ store: any ObjectStore) throws -> TestServer {
            let successor = try server.takeOver(from: store)
            acknowledge(successor, try successor.size)
            return successor
        }

        private func acknowledge(_ machine: TestServer, _ size: Int) {
            acknowledged.append(Self.lines(machine.segments, size))
        }

        private static func lines(_ segments: [String: [UInt8]], _ size: Int = .max) -> [UInt8] {
            let all = segments.sorted { $0.key < $1.key }.flatMap(\.value)
            return Array(all.split(separator: 10).prefix(size).joined(separator: [10]))
        }

        /// What must hold when everybody has stopped.
        func expectInOrder(_ story: String) throws {
            let fetched = try server.fetch(from: bucket.store)
            #expect(fetched.verdict == .sound, "\(story)")
            let mirrored = Self.lines(fetched.segments)
            for lines in acknowledged { #expect(mirrored.starts(with: lines), "\(story): mirrored lines are lost") }
            // After any death: a new machine takes over, and continues.
            let successor = try server.takeOver(from: bucket.store)
            try successor.note()
            try runTool("cp", "-a", server.home.appending("artifacts").string, successor.home.string)
            try successor.push(to: bucket.store)
            let last = try successor.fetch(from: bucket.store)
            #expect(last.segments == successor.segments, "\(story): stuck")
            for lines in acknowledged { #expect(Self.lines(last.segments).starts(with: lines), "\(story)") }
        }
    }

    struct Template {
        let server: TestServer
        let bucket: Bucket

        init() throws {
            server = try TestServer()
            bucket = try Bucket()
            try server.register("2026-01")
            try server.push(to: bucket.store)
        }
    }

    /// A store that stops the writer, lets `meanwhile` happen once, and continues or not.
    private func stopping(_ world: World, _ stop: Stop, _ meanwhile: @escaping () throws -> Void) -> WrappedStore {
        let store = WrappedStore(world.bucket.store)
        var died = false
        store.before = { _, _ throws(StoreError) in
            if died { throw StoreError(.unreachable, "dead") }
        }
        store.after = { number, _ throws(StoreError) in
            guard number == stop.write else { return }
            do { try meanwhile() } catch { throw StoreError(.unreachable, "\(error)") }
            died = stop.dies
            if died { throw StoreError(.unreachable, "dead") }
        }
        return store
    }

    private func writes(of act: Act, _ template: Template) throws -> Int {
        let world = try World(template)
        let store = WrappedStore(world.bucket.store)
        try world.act(act, through: store)
        return store.puts.count
    }

    @Test(
        "Each act, stopped at each of its writes while another one is done",
        arguments: [(Act.push, false), (.push, true), (.pushByForkedCopy, false), (.takeOverAndPush, true)])
    func inBetween(first: Act, dies: Bool) throws {
        let template = try Template()
        var random = SeededGenerator(dies ? 1 : 0)
        for number in 1...(try writes(of: first, template)) {
            // Half of them each time: all take minutes.
            for second in Act.allCases.shuffled(using: &random).prefix((Act.allCases.count + 1) / 2) {
                let stop = Stop(write: number, dies: dies)
                let world = try World(template)
                let store = stopping(world, stop) { try world.act(second, through: world.bucket.store) }
                try world.act(first, through: store)
                try world.expectInOrder("\(first) \(stop), meanwhile \(second)")
            }
        }
    }

    @Test("Three at once: random stops in an act within an act", arguments: 0..<3 as Range<UInt64>)
    func threeAtOnce(salt: UInt64) throws {
        let template = try Template()
        var random = SeededGenerator(salt)
        for _ in 0..<3 {
            let acts = (0..<3).map { _ in Act.allCases[Int.random(in: 0..<Act.allCases.count, using: &random)] }
            let stops = (0..<2).map { _ in
                Stop(write: .random(in: 1...6, using: &random), dies: .random(using: &random))
            }
            let world = try World(template)
            let inner = stopping(world, stops[1]) { try world.act(acts[2], through: world.bucket.store) }
            let outer = stopping(world, stops[0]) { try world.act(acts[1], through: inner) }
            try world.act(acts[0], through: outer)
            try world.expectInOrder("\(acts[0]) \(stops[0]), meanwhile \(acts[1]) \(stops[1]), meanwhile \(acts[2])")
        }
    }
}
