internal import Threads

/// Threads that all do the same to blocks, which they get in turn; what comes of a block is taken in the order in which
/// the blocks went in.
///
/// Used from one thread:
///
///     while let block = next() {
///         if lanes.isFull, let done = try lanes.take() { use(done) }
///         lanes.give(block)
///     }
///     while let done = try lanes.take() { use(done) }
struct BlockLanes<Failure: Error>: ~Copyable {
    typealias Channel = BlockChannel<Failure>

    private let lanes: [(input: Channel, output: Channel)]
    private let depth: Int
    private var threads = OwnThreads()
    private var given = 0
    private var taken = 0

    /// `work` runs on each of the threads until its input ends, and gives one block for each; both its channels have
    /// room for `depth` blocks.
    init(
        count: Int, depth: Int, _ work: @escaping @Sendable (_ input: Channel, _ output: Channel) -> Void
    ) {
        self.depth = depth
        lanes = (0..<count).map { _ in (Channel(capacity: depth), Channel(capacity: depth)) }
        for (input, output) in lanes {
            let isStarted = threads.start { work(input, output) }
            precondition(isStarted, "no thread could be started")
        }
    }

    /// Whether a block must be taken before one can be given.
    var isFull: Bool { given - taken == lanes.count * depth }

    /// A buffer for a block to be given.
    func emptyBuffer(of size: Int) -> [UInt8] { lanes[given % lanes.count].input.emptyBuffer(of: size) }

    /// A block for the next thread. If that has failed, `take` tells.
    mutating func give(_ block: consuming Block) {
        precondition(!isFull, "give without room")
        try? lanes[given % lanes.count].input.send(block)
        given += 1
    }

    /// Waits for what comes of the oldest block; nil if there is none.
    mutating func take() throws(Failure) -> Block? {
        if taken == given { return nil }
        let block = try lanes[taken % lanes.count].output.receive()
        taken += 1
        return block
    }

    /// Gives back the buffer of the block that was taken last, which is empty then.
    func giveBack(_ block: inout Block) { lanes[(taken - 1) % lanes.count].output.giveBack(&block) }

    /// The threads end by themselves; there is room for all that they still have to say.
    deinit {
        for lane in lanes { lane.input.finish() }
    }
}
