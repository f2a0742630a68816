/// An event that is to be signed and appended.
package struct NewEvent: Sendable, Equatable {
    package let type: EventType
    package let author: KeyRole
    package let data: JSONObject

    package init(_ type: EventType, by author: KeyRole, _ data: JSONObject) {
        self.type = type
        self.author = author
        self.data = data
    }

    /// One of a core type, which that role may say.
    package init(_ type: CoreEventType, by author: KeyRole, _ data: JSONObject) {
        precondition(type.authors.include(author), "\(type.rawValue) is not the \(author.rawValue)'s to say")
        self.init(EventType(type), by: author, data)
    }
}
