/// What a listing may come to: the store's owner decides how many objects there are.
struct ListingLimits: Sendable {
    /// Some years of pushes.
    var objects = 500_000
    /// Bytes of all keys together.
    var keys = 128 << 20
    /// Answers of a store that gives few objects in each.
    var pages = 10_000
    /// Seconds for all of it.
    var seconds = 1_800.0
    /// Directories in one another: as many as a key may have.
    var depth = ObjectKey.maximumLength / 2
}

/// How far a listing has come.
struct ListingTally {
    private let limits: ListingLimits
    private let began = ContinuousClock.now
    private var objects = 0
    private var keys = 0
    private var tokens: Set<String> = []

    init(_ limits: ListingLimits) {
        self.limits = limits
    }

    mutating func add(_ key: ObjectKey) throws(StoreError) { try add(bytes: key.text.utf8.count) }

    /// - Parameter bytes: of its name.
    mutating func add(bytes: Int) throws(StoreError) {
        objects += 1
        keys += bytes
        guard objects <= limits.objects, keys <= limits.keys else {
            throw .refused("the listing has more than \(limits.objects) objects, or longer names than they can have")
        }
    }

    /// - Parameter token: where the next page begins.
    mutating func turnPage(_ token: String) throws(StoreError) {
        guard !token.isEmpty, token.utf8.count <= ObjectKey.maximumLength * 4, tokens.insert(token).inserted else {
            throw .refused("the store's listing does not continue")
        }
        guard tokens.count < limits.pages, ContinuousClock.now - began < .seconds(limits.seconds) else {
            throw .refused("the store's listing does not come to an end")
        }
    }

    func descend(_ depth: Int) throws(StoreError) {
        guard depth <= limits.depth else {
            throw .invalid("the store has more than \(limits.depth) directories in one another")
        }
    }
}
