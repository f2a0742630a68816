/// What only an examination of a store needs.
///
/// Apart from `ObjectStore`, so that nothing that keeps backups can delete any.
package protocol ExaminedStore: ObjectStore {
    /// Where it is, as a bucket's own tools name it; nil where it is not a bucket.
    var bucket: StoreBucket? { get }

    /// Asks for any answer at all: name, connection, TLS and HTTP work, whatever the answer says.
    func reach() throws(StoreError) -> StoreReach

    /// Deletes an object; one that is not there is as good as deleted.
    func delete(_ key: ObjectKey) throws(StoreError)

    /// Uploads that were begun for keys with this prefix and neither completed nor given up.
    func unfinishedUploads(prefix: String) throws(StoreError) -> [UnfinishedUpload]
}

/// A bucket's name, and what stands before every key in it: empty, or with a final slash.
package struct StoreBucket: Equatable, Sendable {
    package let name: String
    package let prefix: String

    package init(name: String, prefix: String) {
        self.name = name
        self.prefix = prefix
    }
}

/// What any answer shows.
package struct StoreReach: Equatable, Sendable {
    /// How it was reached, as a clause for a person.
    package let description: String
    /// Seconds that the store's clock is ahead of this machine's; nil where the store has none of its own.
    package let clockAhead: Int?

    package init(description: String, clockAhead: Int?) {
        self.description = description
        self.clockAhead = clockAhead
    }
}

/// An upload that somebody has begun.
package struct UnfinishedUpload: Equatable, Sendable {
    /// Its key or, in a directory, its file.
    package let name: String
    /// What the store calls it; nil where nobody needs to know.
    package let id: String?
    /// Seconds since 1970; nil where the store does not say.
    package let begunAt: Int?

    package init(name: String, id: String?, begunAt: Int?) {
        self.name = name
        self.id = id
        self.begunAt = begunAt
    }
}
