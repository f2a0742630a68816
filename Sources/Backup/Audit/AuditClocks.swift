internal import JournalFormat

/// What the two times of each record say about the clocks.
///
/// The sequencer writes `max(now, last)`, so its time never goes back. In its own events stands what its clock said:
/// where the record is later than that, the clock had been ahead before, or has gone back.
struct AuditClocks: Sendable {
    private struct Run: Sendable {
        var records: [Int]
        var ts: Timestamp
        /// The greatest distance between record and clock.
        var lag: Int
    }

    private var skews: [String: (records: [Int], most: Int, author: String)] = [:]
    private var skewOrder: [String] = []
    private var runs: [Run] = []
    private var isInRun = false
    private var last: (record: Int, ts: Timestamp)?
    private var silences: [AuditFinding] = []

    mutating func take(_ record: Record, _ names: KeyNames, _ limits: AuditLimits) {
        if let last, record.ts.milliseconds - last.ts.milliseconds > limits.silence {
            let length = Plain.duration(record.ts.milliseconds - last.ts.milliseconds)
            silences.append(
                AuditFinding(
                    .longSilence, .notable, records: [record.seq],
                    "nothing was recorded for \(length) before record \(record.seq)"
                        + " (rule: more than \(Plain.duration(limits.silence)))"))
        }
        last = (record.seq, record.ts)
        let distance = record.ts.milliseconds - record.event.ts.milliseconds
        if names.role(record.event.author) == .sequencer {
            takeOwn(record, lag: distance, limits)
        } else if abs(distance) > limits.skew {
            takeSkew(record, distance, names[record.event.author])
        }
    }

    private mutating func takeOwn(_ record: Record, lag: Int, _ limits: AuditLimits) {
        defer { isInRun = lag > limits.standstill }
        guard lag > limits.standstill else { return }
        if isInRun, var run = runs.popLast() {
            run.records.append(record.seq)
            run.lag = max(run.lag, lag)
            runs.append(run)
        } else {
            runs.append(Run(records: [record.seq], ts: record.ts, lag: lag))
        }
    }

    private mutating func takeSkew(_ record: Record, _ distance: Int, _ author: String) {
        let key = "\(record.event.author) \(record.ts.description.prefix(7))"
        if skews[key] == nil { skewOrder.append(key) }
        var skew = skews[key] ?? ([], 0, author)
        skew.records.append(record.seq)
        if abs(distance) > abs(skew.most) { skew.most = distance }
        skews[key] = skew
    }

    func findings(_ limits: AuditLimits, now: Timestamp) -> [AuditFinding] {
        var findings = silences
        for key in skewOrder {
            guard let skew = skews[key] else { continue }
            let side = skew.most > 0 ? "before" : "after"
            findings.append(
                AuditFinding(
                    .authorClockSkew, .notable, records: skew.records, subject: skew.author,
                    "\(skew.author) dated \(Plain.counted(skew.records.count, "event")) up to "
                        + "\(Plain.duration(abs(skew.most))) \(side) they were recorded: its clock is wrong, or it was offline"
                ))
        }
        for run in runs {
            let isJump = run.lag >= AuditLimits.day
            let length = Plain.duration(run.lag)
            findings.append(
                AuditFinding(
                    isJump ? .clockJump : .clockStandsStill, .notable, records: run.records,
                    isJump
                        ? "the server's clock was set back by \(length): it had jumped ahead, or is slow now"
                        : "the server's time stood still for \(length): its clock was set back, or a command waited"))
        }
        guard let last else { return findings }
        let ahead = last.ts.milliseconds - now.milliseconds
        if ahead > limits.future {
            findings.append(
                AuditFinding(
                    .clockJump, .notable, records: [last.record],
                    "the last record is dated \(Plain.duration(ahead)) after now: the server's clock has jumped"))
        } else if -ahead > limits.silence {
            findings.append(
                AuditFinding(
                    .longSilence, .missing, records: [],
                    "nothing was recorded for \(Plain.duration(-ahead)), since record \(last.record)"
                        + " (rule: more than \(Plain.duration(limits.silence)))"))
        }
        return findings
    }
}
