import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

/// Takes an artifact into the repository: hash against the sealed event, policy, place, record.
struct ArtifactRegistration {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// - Parameter mustBeSealed: whether only what a workstation has announced is taken.
    func run(_ name: ArtifactName, from source: FilePath, mustBeSealed: Bool) throws -> BackupState.Entry {
        var journal = try configuration.openJournal()
        let target = configuration.server.root.appending(name.localPath)
        let state = try journal.replay.readableState()
        let sealed = state.sealed[name.label].flatMap { $0.artifact.name == name ? $0.artifact : nil }
        if mustBeSealed, sealed == nil, state.entries[name.label] == nil {
            throw Complaint("nobody has said that \(name) was sealed", hint: "devjournal deliver, then again", .refused)
        }
        // After a crash between placing and recording the file is there already.
        let found = pathExists(source) ? source : target
        let (bytes, sha256) = try ArtifactFile.hash(found)
        if state.entries[name.label] == nil, let sealed, sealed.sha256 != sha256.hex {
            throw NotWhatWasSealed(file: found, hash: sha256.hex, sealed: sealed.sha256)
        }
        let command = Command.register(name, bytes: bytes, sha256: sha256.hex)
        // Refused before anything is moved.
        let events = try decide(command, state, thisMonth: Clock.thisMonth(configuration.dataset))
        if !pathExists(target) {
            try SpaceCheck.server(configuration)
                .requireMoving("registering \(name)", [(found, target.removingLastComponent())])
        }
        try ArtifactFile.place(found, at: target, sha256: sha256)
        if events.isEmpty {
            Terminal.say("\(name) is registered already; nothing changed")
        } else {
            _ = try configuration.record(command, in: &journal)
        }
        guard let entry = try journal.replay.readableState().entries[name.label] else {
            preconditionFailure("what was recorded is there")
        }
        return entry
    }

    struct NotWhatWasSealed: Error {
        let file: FilePath
        let hash: String
        let sealed: String
    }
}
