internal import JournalFormat

/// How the listing of a snapshot's tree was made, as `artifact.sealed` says it.
package struct ListingOrigin: Sendable, Equatable {
    package enum Way: Sendable, Equatable {
        /// From the listing of that label and what Btrfs says was changed since.
        case byChange(since: Label)
        /// The whole tree was read; a word says why: of `ListingPlan.FullReason`, or what Btrfs cannot say.
        case full(why: String)
    }

    /// Files whose content is not what it was, though nothing changed them. Their lines are those of the label before.
    package struct Damaged: Sendable, Equatable {
        /// Paths that are recorded at most.
        package static let shownAtMost = 5
        /// Bytes of a path that are recorded at most.
        private static let longestPath = 200

        package let count: Int
        /// The first ones, as a person reads them.
        package let first: [String]

        package init(count: Int, first: [String]) {
            self.count = count
            self.first = first.prefix(Self.shownAtMost).map { String($0.prefix(Self.longestPath)) }
        }
    }

    package let way: Way
    /// The kernel's series: `6.18`.
    package let kernel: String
    package let damaged: Damaged?

    package init(_ way: Way, kernel: String, damaged: Damaged? = nil) {
        self.way = way
        self.kernel = kernel
        self.damaged = damaged
    }

    var json: JSONObject {
        var object: JSONObject
        switch way {
        case .byChange(let since): object = ["since": .string(since.description)]
        case .full(let why): object = ["why": .string(why)]
        }
        object["kernel"] = .string(kernel)
        if let damaged {
            object["damaged"] = .object([
                "count": .integer(damaged.count), "first": .array(damaged.first.map { .string($0) }),
            ])
        }
        return object
    }
}
