import JournalFormat

/// An event of a batch, as a line of JSON.
package struct BatchLine {
    /// Counted from 1.
    package let number: Int
    package let event: ScriptEvent

    /// - Throws: `BatchLineError` for the first line that is not one.
    package static func all(_ input: [UInt8]) throws -> [BatchLine] {
        var lines = input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        guard !lines.isEmpty else { throw AppendError.noEvents }
        return try lines.enumerated().map { index, line in
            do {
                return BatchLine(number: index + 1, event: try event(Array(line)))
            } catch {
                throw BatchLineError(line: index + 1, reason: error)
            }
        }
    }

    private static func event(_ line: [UInt8]) throws -> ScriptEvent {
        guard let object = try EventData.parse(line, called: "the event").object else {
            throw AppendError.shape("not a JSON object")
        }
        if let stranger = object.members.first(where: { !["type", "data", "id"].contains($0.key) }) {
            throw AppendError.shape("\(stranger.key) is not a member of an event")
        }
        guard let typeText = object["type"]?.string, let type = EventType(typeText) else {
            throw AppendError.shape("the type is missing or is not a type")
        }
        guard let data = object["data"]?.object else { throw AppendError.shape("the data is not an object") }
        guard let value = object["id"] else { return ScriptEvent(type, data, id: nil) }
        guard let id = value.string.flatMap({ EventID($0) }) else { throw AppendError.notAnID("the id") }
        return ScriptEvent(type, data, id: id)
    }
}
