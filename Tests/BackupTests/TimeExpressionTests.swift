import JournalFormat
import Testing

@testable import Backup

@Suite("Times as a person writes them")
struct TimeExpressionTests {
    private let now = Timestamp("2026-03-01T12:00:00.000Z") ?? Timestamp(milliseconds: 0)

    @Test(
        "A day, a second or a moment, and so long ago",
        arguments: [
            ("2026-01-31", "2026-01-31T00:00:00.000Z", "2026-01-31T23:59:59.999Z"),
            ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000Z", "2026-01-31T10:00:00.999Z"),
            ("2026-01-31t10:00:00z", "2026-01-31T10:00:00.000Z", "2026-01-31T10:00:00.999Z"),
            ("2026-01-31 10:00:00.5Z", "2026-01-31T10:00:00.500Z", "2026-01-31T10:00:00.500Z"),
            ("2026-01-31T10:00:00.123456+01:30", "2026-01-31T08:30:00.123Z", "2026-01-31T08:30:00.123Z"),
            ("2026-01-31T23:30:00-01:00", "2026-02-01T00:30:00.000Z", "2026-02-01T00:30:00.999Z"),
            ("30d", "2026-01-30T12:00:00.000Z", "2026-01-30T12:00:00.000Z"),
            ("2w", "2026-02-15T12:00:00.000Z", "2026-02-15T12:00:00.000Z"),
            ("90m", "2026-03-01T10:30:00.000Z", "2026-03-01T10:30:00.000Z"),
        ])
    func times(_ text: String, _ first: String, _ last: String) throws {
        let time = try #require(TimeExpression(text, now: now))
        #expect(time.first.description == first && time.last.description == last)
    }

    @Test(
        "Anything else is not a time",
        arguments: [
            "", "yesterday", "d", "-3d", "3 d", "1y", "2026-02-29", "2026-1-1", "2026-01-31T10:00",
            "2026-01-31T10:00:00",
            "2026-01-31T10:00:00.Z", "2026-01-31T25:00:00Z", "2026-01-31T10:00:00+0100", "2026-01-31T10:00:00+24:00",
            "9999999999d", "999999999d", "1970-01-01T00:00:00+01:00", "2026-01-31T10:00:00Z\n",
            "9999-12-31T23:59:59-00:01",
        ])
    func nonsense(_ text: String) {
        #expect(TimeExpression(text, now: now) == nil)
    }
}
