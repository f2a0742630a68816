import Testing

@testable import Backup

@Suite("Progress")
struct ProgressTests {
    @Test("a steady stream has its rate, its share and its time to go")
    func steady() {
        var progress = Progress("receiving", total: 1000 << 20, startedAt: 100)
        #expect(progress.text == "receiving: 0 B of 1000.0 MiB (0%)")
        for second in 1...20 { progress.reached(second * 10 << 20, at: 100 + Double(second)) }
        #expect(progress.rate.map { abs($0 - Double(10 << 20)) < 1 } == true)
        #expect(progress.secondsLeft == 80)
        #expect(progress.text == "receiving: 200.0 MiB of 1000.0 MiB (20%), 10.0 MiB/s, 1 min 20 s left")
        #expect(progress.summary == "receiving: 200.0 MiB in 20 s, 10.0 MiB/s")
    }

    @Test("the rate follows a change, but not at once")
    func change() {
        var progress = Progress("x", total: nil, startedAt: 0)
        var done = 0
        for second in 1...60 {
            done += second <= 30 ? 100 : 10
            progress.reached(done, at: Double(second))
            if second == 31 { #expect((80...95).contains(Int(progress.rate ?? 0))) }
        }
        #expect((10...15).contains(Int(progress.rate ?? 0)))
        #expect(progress.secondsLeft == nil)
    }

    @Test("what was there before is done, but was not fast")
    func resumed() {
        var progress = Progress("fetching", total: 100, done: 50, startedAt: 0)
        progress.reached(60, at: 10)
        #expect(progress.rate == 1)
        #expect(progress.secondsLeft == 40)
        #expect(progress.text == "fetching: 60 B of 100 B (60%), 1 B/s, 40 s left")
        #expect(progress.summary == "fetching: 10 B in 10 s, 1 B/s")
    }

    @Test("nothing done, too much done, no total, an empty whole, a standstill")
    func edges() {
        var progress = Progress("x", total: 10, startedAt: 0)
        progress.reached(5, at: 0.01)
        #expect(progress.rate == nil && progress.done == 5)
        progress.reached(12, at: 1)
        #expect(progress.text == "x: 12 B of 10 B (100%), 7 B/s, 0 s left")
        for second in 2...300 { progress.reached(12, at: Double(second)) }
        #expect(progress.secondsLeft == nil)
        #expect(Progress("x", total: nil, startedAt: 0).text == "x: 0 B")
        #expect(Progress("x", total: 0, startedAt: 0).text == "x: 0 B of 0 B")
    }

    @Test(
        "times as people read them",
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"),
            (3600, "1 h 0 min"), (86_399, "23 h 59 min"), (90_000, "1 d 1 h"), (777_600, "9 d 0 h"),
        ])
    func durations(seconds: Int, text: String) {
        #expect(Progress.duration(seconds) == text)
    }
}
