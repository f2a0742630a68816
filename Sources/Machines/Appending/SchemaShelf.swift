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
struct SchemaShelf {
    private static let longest = 1 << 20

    private let directory: FilePath?

    init(_ machine: Machine) {
        directory = machine.settings.text("SCHEMA_DIR").map { FilePath($0) }
    }

    /// - Throws: `AppendError.schema` where the data do not fit, `.badSchema` where a schema is none.
    func check(_ event: ScriptEvent) throws {
        guard let directory, event.type.isUserDefined else { return }
        guard pathExists(directory) else { throw AppendError.badSchema("\(directory)", "there is no such directory") }
        let file = directory.appending("\(event.type).json")
        guard pathExists(file) else { return }
        let schema = try read(file)
        if let mismatch = schema.mismatch(.object(event.data)) {
            throw AppendError.schema(event.type, mismatch, file: "\(file)")
        }
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
