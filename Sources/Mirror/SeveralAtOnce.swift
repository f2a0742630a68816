internal import Synchronization
internal import Threads

/// Calls `body` with each item, on so many threads of their own at most: for what waits on a network.
///
/// After a failure no more items are begun; the first one is thrown when all threads have ended.
package func forEach<Item: Sendable>(
    _ items: [Item], atMost limit: Int, _ body: @escaping @Sendable (Item) throws(MirrorError) -> Void
) throws(MirrorError) {
    let queue = ItemQueue(items)
    var threads = OwnThreads()
    for _ in 1..<max(1, min(limit, items.count)) where !threads.start({ queue.work(body) }) { break }
    // The caller's thread is one of them.
    queue.work(body)
    threads.join()
    if let failure = queue.failure { throw failure }
}

private final class ItemQueue<Item: Sendable>: Sendable {
    private struct State {
        var next = 0
        var failure: MirrorError?
    }

    private let items: [Item]
    private let state = Mutex(State())

    init(_ items: [Item]) {
        self.items = items
    }

    var failure: MirrorError? { state.withLock { $0.failure } }

    func work(_ body: (Item) throws(MirrorError) -> Void) {
        while let item = next() {
            do throws(MirrorError) {
                try body(item)
            } catch {
                state.withLock { if $0.failure == nil { $0.failure = error } }
                return
            }
        }
    }

    private func next() -> Item? {
        state.withLock { state in
            guard state.failure == nil, state.next < items.count else { return nil }
            state.next += 1
            return items[state.next - 1]
        }
    }
}
