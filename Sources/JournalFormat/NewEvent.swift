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

    package init(core type: String, by author: KeyRole, _ data: JSONObject) {
        guard let type = EventType(type) else { preconditionFailure("a core type is well formed") }
        self.init(type, by: author, data)
    }
}
