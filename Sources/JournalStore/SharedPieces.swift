internal import Dispatch
internal import Synchronization

/// Pieces of work that do not rest on each other, each done once, by whichever thread begins it first.
///
/// One thread wants all results in order; others may run ahead of it. It does itself what nobody has begun, so no core
/// waits for another's start.
final class SharedPieces<Value: Sendable>: Sendable {
    private enum Piece: Sendable {
        case untouched
        case begun
        case done(Value)
    }

    private let work: @Sendable (Int) -> Value
    private let pieces: Mutex<[Piece]>
    private let arrivals = DispatchSemaphore(value: 0)

    init(count: Int, work: @escaping @Sendable (Int) -> Value) {
        self.work = work
        pieces = Mutex(Array(repeating: .untouched, count: count))
    }

    /// What another thread does: the pieces that nobody has begun, in this order.
    func runAhead(_ order: some Sequence<Int>) {
        for index in order where begin(index) {
            let value = work(index)
            pieces.withLock { $0[index] = .done(value) }
            arrivals.signal()
        }
    }

    /// A result, which is handed out once.
    func take(_ index: Int) -> Value {
        if begin(index) { return work(index) }
        while true {
            let value = pieces.withLock { pieces -> Value? in
                guard case .done(let value) = pieces[index] else { return nil }
                pieces[index] = .begun
                return value
            }
            if let value { return value }
            arrivals.wait()
        }
    }

    private func begin(_ index: Int) -> Bool {
        pieces.withLock { pieces in
            guard case .untouched = pieces[index] else { return false }
            pieces[index] = .begun
            return true
        }
    }
}
