/// A moment in UTC, in milliseconds since 1970, written `2026-01-31T12:34:56.789Z` and in no other way.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Characters.
    static let length = 24

    package let milliseconds: Int

    /// The last one that can be written.
    package static let last = Timestamp(milliseconds: 253_402_300_799_999)

    package init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    /// From its 24 characters; nil for anything else, dates that do not exist included.
    package init?(_ text: Span<UInt8>) {
        guard text.count == 24 else { return nil }
        guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[10] == UInt8(ascii: "T"),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"), text[19] == UInt8(ascii: "."),
            text[23] == UInt8(ascii: "Z")
        else { return nil }
        // Each digit's value; a character that is not a digit leaves a high bit in `seen`.
        var seen = 0
        func digit(_ index: Int) -> Int {
            let value = Int(text[index] ^ 0x30)
            seen |= value &+ 6 | value
            return value
        }
        let year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3)
        let month = digit(5) * 10 + digit(6)
        let day = digit(8) * 10 + digit(9)
        let hour = digit(11) * 10 + digit(12)
        let minute = digit(14) * 10 + digit(15)
        let second = digit(17) * 10 + digit(18)
        let thousandths = digit(20) * 100 + digit(21) * 10 + digit(22)
        guard seen & 0xf0 == 0, year >= 1970, (1...12).contains(month), day >= 1,
            day <= Self.days(inMonth: month, of: year), hour < 24, minute < 60, second < 60
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        milliseconds = ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + thousandths
    }

    package init?(_ text: String) {
        self.init(Array(text.utf8).span)
    }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    package var description: String {
        var text: [UInt8] = []
        write(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// For a file's name, without colons: `2026-01-31T123456.789`. To the second it is the first 17 characters.
    package var nameText: String { String(description.filter { $0 != ":" }.dropLast()) }

    func write(to output: inout [UInt8]) {
        let days = milliseconds / 86_400_000
        let rest = milliseconds % 86_400_000
        let (year, month, day) = Self.date(daysSince1970: days)
        let parts = [
            (year, 4, "-"), (month, 2, "-"), (day, 2, "T"), (rest / 3_600_000, 2, ":"), (rest / 60_000 % 60, 2, ":"),
            (rest / 1000 % 60, 2, "."), (rest % 1000, 3, "Z"),
        ]
        for (number, width, end) in parts {
            let digits = String(number)
            for _ in 0..<max(0, width - digits.utf8.count) { output.append(UInt8(ascii: "0")) }
            output += digits.utf8
            output += end.utf8
        }
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // The proleptic Gregorian calendar counted in years that begin in March, so that the leap day comes last:
    // five months of such a year always have 153 days.

    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month > 2 ? year : year - 1
        let monthsSinceMarch = (month + 9) % 12
        let dayOfYear = (153 * monthsSinceMarch + 2) / 5 + day - 1
        return marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400 + dayOfYear - 719_468
    }

    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let century = (4 * shifted + 3) / 146_097
        let dayOfCentury = shifted - century * 146_097 / 4
        let yearOfCentury = (4 * dayOfCentury + 3) / 1461
        let dayOfYear = dayOfCentury - 1461 * yearOfCentury / 4
        let monthsSinceMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthsSinceMarch + 2) / 5 + 1
        let month = monthsSinceMarch < 10 ? monthsSinceMarch + 3 : monthsSinceMarch - 9
        return (century * 100 + yearOfCentury + (month <= 2 ? 1 : 0), month, day)
    }
}
