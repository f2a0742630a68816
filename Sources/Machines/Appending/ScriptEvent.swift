package import Backup
package import JournalFormat
import SystemPackage

/// What a script has witnessed and wants to be recorded.
package struct ScriptEvent: Equatable {
    /// Whose word it is, where the event's type does not say so.
    package enum Speaker: String, Sendable { case workstation, server }

    package let type: EventType
    package let data: JSONObject
    /// The script's own, with which the same event is recorded once however often it is said.
    package let id: EventID?

    /// - Throws: `AppendError` where the words are none for a type or an id.
    package init(type text: String, id idText: String?, _ data: @autoclosure () throws -> JSONObject) throws {
        guard let type = EventType(text) else { throw AppendError.notAType(text) }
        self.type = type
        id = try idText.map { text in
            guard let id = EventID(text) else { throw AppendError.notAnID(text) }
            return id
        }
        self.data = try data()
    }

    package init(_ type: EventType, _ data: JSONObject, id: EventID?) {
        self.type = type
        self.data = data
        self.id = id
    }

    /// The command that records it; scripts record nothing but snapshots, notes and what is their own.
    ///
    /// - Parameter speaker: in whose name; nil for the server's, where the type does not say.
    package func command(by speaker: Speaker?) throws -> Command {
        if type.core == .snapshotTaken {
            return .recordSnapshot(try Self.snapshot(data), details: data)
        }
        guard type.core == .note || type.isUserDefined else {
            throw AppendError.reserved(type)
        }
        if type.core == .note, data["text"]?.string == nil {
            throw AppendError.noteWithoutText
        }
        return .note(type: type, data: data, by: speaker == .workstation ? .author : .sequencer)
    }

    /// The snapshot that the data tell of, each of its members as journal-format.md has it.
    private static func snapshot(_ data: JSONObject) throws -> Snapshot {
        func text(_ key: String) throws -> String {
            guard let text = data[key]?.string else {
                throw AppendError.snapshotLacks(key)
            }
            return text
        }
        let (label, uuid, path) = (try text("label"), try text("uuid"), try text("path"))
        guard let known = Label(label) else {
            throw AppendError.snapshotLabel(label)
        }
        guard isUUID(uuid) else {
            throw AppendError.snapshotUUID(uuid)
        }
        guard FilePath(path).isAbsolute, !path.utf8.contains(where: { $0 < 0x20 }) else {
            throw AppendError.snapshotPath(path)
        }
        return Snapshot(label: known, uuid: uuid, path: path)
    }

    private static func isUUID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.joined().allSatisfy { "0123456789abcdef".utf8.contains($0) }
    }
}
