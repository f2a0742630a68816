internal import Curl
internal import Synchronization

/// Sends what failed again, as the policy says: a decorator around any transport.
///
/// A transfer whose body has begun to arrive is not repeated here: its reader knows how to continue from there.
final class RetryingTransport: S3Transport {
    private let base: any S3Transport
    let policy: RetryPolicy
    private let pause: @Sendable (Double) -> Void
    /// Whether this store has answered anything sensible yet. Until then little patience is right: it is the address
    /// or the credentials that are wrong.
    private let isProven = Atomic(false)
    private let counter = TrafficCounter()

    /// Every attempt counts.
    var traffic: StoreTraffic { counter.traffic }

    init(
        _ base: any S3Transport, _ policy: RetryPolicy,
        pause: @escaping @Sendable (Double) -> Void = { pauseThread(seconds: $0) }
    ) {
        self.base = base
        self.policy = policy
        self.pause = pause
    }

    func send(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        var isUnclear = false
        var failed = 0
        var waited = 0.0
        while true {
            failed += 1
            let isLast =
                waited >= policy.longestWait
                || failed >= (isProven.load(ordering: .relaxed) ? policy.attempts : min(policy.attempts, 4))
            do throws(TransferError) {
                var answer = try counted(request, into: sink)
                isUnclear = isUnclear || answer.followsUnclearAttempt
                answer.followsUnclearAttempt = isUnclear
                let mayHeal = RetryPolicy.mayHeal(
                    status: answer.status, code: answer.code, isProven: isProven.load(ordering: .relaxed))
                if answer.status < 400 || answer.status == 404 || answer.status == 412 {
                    isProven.store(true, ordering: .relaxed)
                }
                guard mayHeal, !isLast, failed < 3 || answer.status != 403 else { return answer }
                if answer.status >= 500 || answer.status == 408 { isUnclear = true }
                waited += wait(
                    failed, retryAfter: answer.head["retry-after"].flatMap { Int($0) }, status: answer.status)
            } catch {
                isUnclear = isUnclear || error.isUnclear
                guard error.mayHeal, !isLast, sink?.canRestart ?? true else {
                    throw TransferError(error: error.error, mayHeal: error.mayHeal, isUnclear: isUnclear)
                }
                waited += wait(failed, retryAfter: nil)
            }
            sink?.restart()
        }
    }

    private func counted(_ request: S3Request, into sink: (any S3Sink)?) throws(TransferError) -> S3Answer {
        let before = sink?.received ?? 0
        do throws(TransferError) {
            let answer = try base.send(request, into: sink)
            counter.add(requests: 1, bytes: answer.body.count + (sink?.received ?? 0) - before)
            return answer
        } catch {
            counter.add(requests: 1, bytes: (sink?.received ?? 0) - before)
            throw error
        }
    }

    /// Pauses before the next attempt after so many that failed; returns for how many seconds.
    @discardableResult
    func wait(_ failed: Int, retryAfter: Int?, status: Int? = nil) -> Double {
        let seconds = policy.pause(failed: failed, retryAfter: retryAfter, status: status, random: .random(in: 0...1))
        pause(seconds)
        return seconds
    }
}
