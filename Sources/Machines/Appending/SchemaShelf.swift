import Backup
import DurableFiles
import JournalFormat
import SystemPackage

/// The schemas in `SCHEMA_DIR`, a file for each of a user's own types: `x.build.json` is `x.build`'s. A type without a file
/// takes any data.
///
/// They are asked where an event is made, on the server or before it enters an outbox. A server does not ask them of what is
/// delivered: there the event is a workstation's signed word that it was given a receipt for, and a schema that was changed
/// meanwhile would throw that away.
///
/// Each is read once, however many events there are.
final class SchemaShelf {
    private static let longest = 1 << 20

    private let directory: FilePath?
    /// Of the types that were asked for; nil for one without a file.
    private var known: [EventType: Schema?] = [:]

    init(_ machine: Machine) {
        directory = machine.settings.text("SCHEMA_DIR").map { FilePath($0) }
    }

    /// - Throws: `AppendError.schema` where the data do not fit, `.badSchema` where a schema is none.
    func check(_ event: ScriptEvent) throws {
        guard let directory, event.type.isUserDefined else { return }
        let file = directory.appending("\(event.type).json")
        guard let schema = try schema(of: event.type, file, in: directory) else { return }
        if let mismatch = schema.mismatch(.object(event.data)) {
            throw AppendError.schema(event.type, mismatch, file: "\(file)")
        }
    }

    private func schema(of type: EventType, _ file: FilePath, in directory: FilePath) throws -> Schema? {
        if let known = known[type] { return known }
        guard pathExists(directory) else { throw AppendError.badSchema("\(directory)", "there is no such directory") }
        let schema = pathExists(file) ? try read(file) : nil
        known[type] = .some(schema)
        return schema
    }

    private func read(_ file: FilePath) throws -> Schema {
        let bytes: [UInt8]
        do { bytes = try readFile(file, limit: Self.longest) } catch {
            throw AppendError.badSchema("\(file)", error.description)
        }
        do {
            return try Schema(try EventData.parse(bytes, called: "\(file)"))
        } catch let error as SchemaError {
            let path = "\(error.path)"
            throw AppendError.badSchema("\(file)", "\(path.isEmpty ? "it" : path) \(error.what)")
        } catch AppendError.notStrictJSON(_, let why) {
            throw AppendError.badSchema("\(file)", why)
        }
    }
}
