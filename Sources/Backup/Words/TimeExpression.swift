package import JournalFormat

/// A time as a person writes it, and the moments that it covers:
///
///     2026-01-31                    a whole day, UTC
///     2026-01-31T12:34:56.789Z      RFC 3339, section 5.6; also with an offset such as +01:00, and without a fraction
///     30d, 12h, 45m, 90s, 2w        so long before now
package struct TimeExpression: Sendable, Equatable {
    package let first: Timestamp
    package let last: Timestamp

    package init?(_ text: String, now: Timestamp) {
        if let length = Self.duration(text) {
            guard length <= now.milliseconds else { return nil }
            self.init(Timestamp(milliseconds: now.milliseconds - length), lasting: 1)
        } else if let day = Timestamp("\(text)T00:00:00.000Z") {
            self.init(day, lasting: 86_400_000)
        } else if let moment = Self.moment(text) {
            self = moment
        } else {
            return nil
        }
    }

    private init(_ first: Timestamp, lasting length: Int) {
        self.first = first
        last = Timestamp(milliseconds: first.milliseconds + length - 1)
    }

    /// `30d` in milliseconds; nil for anything else.
    package static func duration(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
        guard let unit = text.last.flatMap({ units[$0] }) else { return nil }
        let digits = text.dropLast()
        guard (1...9).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit), let count = Int(digits) else {
            return nil
        }
        return count * unit
    }

    /// RFC 3339 with `T`, `t` or a space between date and time; fractions finer than a millisecond are cut off.
    private static func moment(_ text: String) -> TimeExpression? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]) else {
            return nil
        }
        let date = String(decoding: bytes[..<10], as: UTF8.self)
        let time = String(decoding: bytes[11..<19], as: UTF8.self)
        var rest = bytes[19...]
        var thousandths: String?
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix(while: isDigit)
            guard !digits.isEmpty else { return nil }
            thousandths = String((String(decoding: digits.prefix(3), as: UTF8.self) + "00").prefix(3))
            rest = rest[digits.endIndex...]
        }
        guard let offset = offset(rest), let local = Timestamp("\(date)T\(time).\(thousandths ?? "000")Z"),
            // What lies outside of 1970 to 9999 in UTC could not be written.
            (0...253_402_300_799_999).contains(local.milliseconds - offset)
        else { return nil }
        return TimeExpression(
            Timestamp(milliseconds: local.milliseconds - offset), lasting: thousandths == nil ? 1000 : 1)
    }

    /// `Z`, `+01:00` or `-08:00` in milliseconds east of UTC.
    private static func offset(_ text: ArraySlice<UInt8>) -> Int? {
        if text.elementsEqual([UInt8(ascii: "Z")]) || text.elementsEqual([UInt8(ascii: "z")]) { return 0 }
        let bytes = Array(text)
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"), bytes[1...2].allSatisfy(isDigit),
            bytes[4...5].allSatisfy(isDigit), let sign = [UInt8(ascii: "+"): 1, UInt8(ascii: "-"): -1][bytes[0]],
            let hours = Int(String(decoding: bytes[1...2], as: UTF8.self)), hours < 24,
            let minutes = Int(String(decoding: bytes[4...5], as: UTF8.self)), minutes < 60
        else { return nil }
        return sign * (hours * 60 + minutes) * 60_000
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
