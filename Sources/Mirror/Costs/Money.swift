/// An amount in US dollars, exact to the picodollar: prices of single bytes and requests are whole numbers of them.
package struct Money: Equatable, Sendable, CustomStringConvertible {
    package let picodollars: Int

    package init(picodollars: Int) {
        self.picodollars = picodollars
    }

    package static func + (left: Self, right: Self) -> Self {
        Money(picodollars: left.picodollars + right.picodollars)
    }

    /// As people read it, rounded half up: to cents from one cent on, else to two significant digits. `12.34`,
    /// `0.000066`, `0`.
    package var decimal: String {
        let cent = 10_000_000_000
        var unit = cent
        if picodollars < cent {
            unit = 1
            while picodollars / unit >= 100 { unit *= 10 }
        }
        let rounded = (picodollars + unit / 2) / unit * unit
        let digits = String(rounded % 1_000_000_000_000)
        let fraction = String(repeating: "0", count: 12 - digits.count) + digits
        let whole = "\(rounded / 1_000_000_000_000)"
        if rounded >= cent { return "\(whole).\(fraction.prefix(2))" }
        let shown = fraction.reversed().drop { $0 == "0" }.reversed()
        return shown.isEmpty ? whole : "\(whole).\(String(shown))"
    }

    package var description: String { "$\(decimal)" }
}

/// Requests by what they cost. Deleting is free.
package struct RequestCount: Equatable, Sendable {
    /// PUT (also one that is refused because of its condition), LIST, and the begin, parts and end of an upload.
    package var classA: Int
    /// GET and HEAD.
    package var classB: Int

    package init(classA: Int = 0, classB: Int = 0) {
        self.classA = classA
        self.classB = classB
    }

    package static func += (left: inout Self, right: Self) {
        left.classA += right.classA
        left.classB += right.classB
    }
}

/// What a bucket costs.
package enum R2Prices {
    /// $0.015 a GB (10^9 bytes) and month.
    package static func month(bytes: Int) -> Money { Money(picodollars: bytes * 15) }

    /// $4.50 a million of class A, $0.36 a million of class B.
    package static func requests(_ count: RequestCount) -> Money {
        Money(picodollars: count.classA * 4_500_000 + count.classB * 360_000)
    }

    /// What an account has for nothing, as a clause.
    package static let free =
        "free in a month, for the whole account: 10 GB, 1 million class A and 10 million class B requests"
}
