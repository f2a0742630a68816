internal import Glibc

/// A second in the two forms that signature version 4 writes: `20130524T000000Z` and `20130524`.
package struct SignatureTime: Equatable, Sendable {
    package let timestamp: String
    package var day: String { String(timestamp.prefix(8)) }

    /// - Parameter unixSeconds: since 1970, UTC.
    package init(unixSeconds: Int) {
        let (year, month, day) = Self.date(daysSince1970: unixSeconds / 86_400)
        let second = unixSeconds % 86_400
        timestamp =
            Self.digits(year, 4) + Self.digits(month, 2) + Self.digits(day, 2) + "T"
            + Self.digits(second / 3600, 2) + Self.digits(second / 60 % 60, 2) + Self.digits(second % 60, 2) + "Z"
    }

    /// As the two forms are written in documentation; nil for anything else.
    package init?(_ timestamp: String) {
        let characters = Array(timestamp.utf8)
        guard characters.count == 16, characters[8] == UInt8(ascii: "T"), characters[15] == UInt8(ascii: "Z"),
            (characters[..<8] + characters[9..<15]).allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 })
        else { return nil }
        self.timestamp = timestamp
    }

    /// This machine's clock.
    package static var unixSecondsNow: Int { time(nil) }

    /// Seconds since 1970 of `2026-11-25T12:04:20.123Z`, the fraction dropped; nil for anything else.
    package static func unixSeconds(iso8601 text: String) -> Int? {
        let digits = text.utf8.prefix(19).filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }.map { Int($0) - 48 }
        guard text.hasSuffix("Z"), digits.count == 14 else { return nil }
        let numbers = digits[2...].indices.filter { $0.isMultiple(of: 2) }.map { digits[$0] * 10 + digits[$0 + 1] }
        let year = (digits[0] * 10 + digits[1]) * 100 + numbers[0]
        let days = daysSince1970(year: year, month: numbers[1], day: numbers[2])
        guard days >= 0, date(daysSince1970: days) == (year, numbers[1], numbers[2]), numbers[3] < 24, numbers[4] < 60
        else { return nil }
        return days * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    }

    /// The other way round than `date`.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return year * 365 + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// The civil date (proleptic Gregorian), counted from 1 March 0000, where a leap day is a year's last.
    private static func date(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let days = daysSince1970 + 719_468
        let era = days / 146_097
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
