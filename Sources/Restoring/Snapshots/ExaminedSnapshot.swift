import Backup
import DurableFiles
import Machines
import SystemPackage

/// The last snapshot whose source was examined without anything being found, in WS_STATE/examined: the next month only looks at
/// what was changed since. Where it is missing, or is about another subvolume, everything is looked at.
struct ExaminedSnapshot: Equatable {
    let label: Label
    /// Its own, 16 bytes.
    let uuid: [UInt8]
    /// Of its regular files no more than that, holes included.
    let apparentBytes: Int

    private static func path(_ machine: Machine) -> FilePath { machine.workstationState.appending("examined") }

    var text: String { "\(label) \(uuid.map(String.init).joined(separator: ".")) \(apparentBytes)\n" }

    init(label: Label, uuid: [UInt8], apparentBytes: Int) {
        (self.label, self.uuid, self.apparentBytes) = (label, uuid, apparentBytes)
    }

    /// Nil for what is not such a line, whole.
    init?(_ text: String) {
        let words = text.dropLast().split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, let label = Label(String(words[0])), let bytes = Int(words[2]), bytes >= 0 else {
            return nil
        }
        self.init(label: label, uuid: words[1].split(separator: ".").compactMap { UInt8($0) }, apparentBytes: bytes)
        guard uuid.count == 16, self.text == text else { return nil }
    }

    static func remembered(_ machine: Machine) -> ExaminedSnapshot? {
        guard let bytes = try? readFile(path(machine), limit: 256) else { return nil }
        return ExaminedSnapshot(String(decoding: bytes, as: UTF8.self))
    }

    func remember(_ machine: Machine) throws {
        try makeDirectories(machine.workstationState, permissions: 0o700)
        try writeFileAtomically(Self.path(machine), Array(text.utf8), permissions: .ownerReadWrite)
    }
}
