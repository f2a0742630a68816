import Foundation

/// Runs on as many threads, which all begin together, and gathers what they return.
func inParallel<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable (Int) -> Result) -> [Result] {
    let results = Gathered<Result>()
    let go = DispatchSemaphore(value: 0)
    let done = DispatchGroup()
    for number in 0..<count {
        done.enter()
        Thread.detachNewThread {
            go.wait()
            results.set(number, body(number))
            done.leave()
        }
    }
    for _ in 0..<count { go.signal() }
    done.wait()
    return results.inOrder()
}

private final class Gathered<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Int: Value] = [:]

    func set(_ number: Int, _ value: Value) {
        lock.withLock { values[number] = value }
    }

    func inOrder() -> [Value] {
        lock.withLock { values.sorted { $0.key < $1.key }.map(\.value) }
    }
}

/// A place where threads wait until all have come, or for two seconds.
final class Barrier: @unchecked Sendable {
    private let condition = NSCondition()
    private var missing: Int

    init(_ count: Int) {
        missing = count
    }

    func arrive() {
        condition.lock()
        defer { condition.unlock() }
        missing -= 1
        if missing <= 0 { condition.broadcast() }
        let end = Date().addingTimeInterval(2)
        while missing > 0, condition.wait(until: end) {}
    }
}
