import JournalFormat
import Testing

@Suite("Times")
struct TimestampTests {
    @Test("In a file's name there are no colons")
    func name() {
        let time = Timestamp("2026-01-31T12:34:56.789Z")
        #expect(time?.nameText == "2026-01-31T123456.789")
        #expect(time?.nameText.prefix(17) == "2026-01-31T123456")
    }

    @Test("Every day from 1970 to 2400 follows the one before and comes back")
    func everyDay() {
        var expected = 0
        var days = 0
        for year in 1970...2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (index, length) in lengths.enumerated() {
                func date(_ day: Int) -> String {
                    "\(year)-\(index < 9 ? "0" : "")\(index + 1)-\(day < 10 ? "0" : "")\(day)"
                }
                for day in 1...length {
                    let text = date(day) + "T00:00:00.000Z"
                    guard let time = Timestamp(text), time.milliseconds == expected, time.description == text else {
                        Issue.record("\(text) does not come back, or is not \(expected)")
                        return
                    }
                    expected += 86_400_000
                    days += 1
                }
                if Timestamp(date(length + 1) + "T00:00:00.000Z") != nil {
                    Issue.record("\(year)-\(index + 1) has no day \(length + 1)")
                }
            }
        }
        #expect(days == 157_420)
    }

    @Test(
        "Known moments",
        arguments: [
            ("1970-01-01T00:00:00.000Z", 0), ("1970-01-01T00:00:00.001Z", 1),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("2026-01-31T20:05:00.000Z", 1_769_889_900_000), ("2038-01-19T03:14:08.000Z", 2_147_483_648_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ])
    func moments(_ text: String, _ milliseconds: Int) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
        #expect(Timestamp(milliseconds: milliseconds).description == text)
    }

    @Test("Times are ordered as their texts are")
    func order() throws {
        let texts = ["2026-01-31T20:05:00.000Z", "2026-01-31T20:05:00.001Z", "2026-02-01T00:00:00.000Z"]
        let times = try texts.map { try #require(Timestamp($0)) }
        #expect(times == times.sorted())
        #expect(Set(times).count == 3)
    }

    @Test(
        "What is not a time",
        arguments: [
            "", "2026-01-31", "2026-01-31T20:05:00Z", "2026-01-31T20:05:00.00Z", "2026-01-31T20:05:00.0000Z",
            "2026-01-31T20:05:00.000", "2026-01-31T20:05:00.000z", "2026-01-31t20:05:00.000Z",
            "2026-01-31 20:05:00.000Z",
            "2026-01-31T20:05:00.000+", "2026-01-31T20:05:00,000Z", "2026/01/31T20:05:00.000Z",
            "2026-1-031T20:05:00.000Z",
            "1969-12-31T23:59:59.999Z", "0000-01-01T00:00:00.000Z", "2026-00-10T00:00:00.000Z",
            "2026-13-10T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z", "2026-01-32T00:00:00.000Z", "2026-04-31T00:00:00.000Z",
            "2026-02-29T00:00:00.000Z",
            "2100-02-29T00:00:00.000Z", "2026-01-31T24:00:00.000Z", "2026-01-31T20:60:00.000Z",
            "2026-01-31T20:05:60.000Z",
            "+026-01-31T20:05:00.000Z", "2026-01-31T-1:05:00.000Z", "2026-01-31T20:05:00.-01Z",
            "2026-01-31T20:05:00.0\u{e9}Z",
            "\u{ff12}026-01-31T20:05:00.0Z", " 026-01-31T20:05:00.000Z", "10000-01-01T00:00:00.00Z",
        ])
    func refused(_ text: String) {
        #expect(Timestamp(text) == nil)
    }
}
