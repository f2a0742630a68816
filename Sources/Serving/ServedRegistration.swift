import Artifacts
import Backup
import BackupJournal
import DurableFiles
import Glibc
import JournalFormat
import JournalStore
import Machines
import SystemPackage

/// Takes an artifact that has arrived into the repository. Its catalogue comes with the request: one connection less, and
/// no name that a workstation chooses.
struct ServedRegistration {
    private let machine: Machine
    private let author: KeyID
    private let client: ServedClient

    init(_ machine: Machine, by author: KeyID, _ client: ServedClient) {
        self.machine = machine
        self.author = author
        self.client = client
    }

    /// The artifact with its catalogue on standard input.
    ///
    /// - Returns: where it is, below the repository.
    func run(_ name: ArtifactName, _ state: BackupState) throws -> String {
        let sealed = state.announced(name, by: author).flatMap { state.sealings(of: name, sha256: $0.sha256).first }
        let catalogue = try receiveCatalogue(
            of: name, bytes: sealed?.stream.catalogue?.bytes ?? 0, from: client.reading(), state)
        defer { try? removeFile(catalogue) }
        return try register(name, catalogue).localPath
    }

    /// - Parameter catalogue: where that has arrived, if it has.
    func register(_ name: ArtifactName, _ catalogue: FilePath) throws -> BackupState.Entry {
        try requireQuota(name)
        let path = machine.server.incoming.appending(name.description)
        return try ArtifactRegistration(machine, for: author).run(name, from: path, catalogue: catalogue)
    }

    /// - Parameter bytes: that are to come: as many as were announced, or none.
    /// - Returns: where it is, or would be.
    func receiveCatalogue(
        of name: ArtifactName, bytes: Int, from message: borrowing ServedClient.Message, _ state: BackupState
    ) throws -> FilePath {
        // Several requests may come at once.
        let incoming = machine.server.incoming
        let path = incoming.appending("\(name.label.catalogueName).\(getpid())")
        guard bytes > 0 else { return path }
        guard let announced = state.announced(name, by: author),
            let sealing = state.sealings(of: name, sha256: announced.sha256).first,
            let sealed = sealing.stream.catalogue, sealed.bytes == bytes
        else { throw ServingError.catalogueOfOther(name, bytes: bytes) }
        guard bytes <= ArrivingCatalogue.longest else {
            throw ServingError.catalogueTooLarge(bytes: bytes)
        }
        try makeDirectories(incoming, permissions: 0o700)
        try SpaceCheck.server(machine).require(
            SpaceNeed("receiving \(name.label.catalogueName)", bytes: bytes), in: incoming)
        try ArrivingCatalogue.receive(sealed, as: path, from: message)
        return path
    }

    /// Each artifact takes room, in the bucket for ever. One that is registered already takes no more.
    private func requireQuota(_ name: ArtifactName) throws {
        let journal = try machine.openJournal(.resuming(.anything))
        guard try journal.replay.readableState().entries[name.label] == nil,
            let recent = try journal.recentRecords().artifacts, recent.events >= machine.quota.artifacts
        else { return }
        throw ServingError.quota(
            artifacts: recent.events,
            again: Timestamp(milliseconds: recent.oldest.milliseconds + AuthorQuota.period))
    }
}
