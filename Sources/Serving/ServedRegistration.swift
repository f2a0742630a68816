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

    /// - Returns: where it is, below the repository.
    func run(_ name: ArtifactName, _ state: BackupState) throws -> String {
        try requireQuota(name)
        let path = machine.server.incoming.appending(name.description)
        // Several requests may come at once.
        let catalogue = path.sibling("\(name.label.catalogueName).\(getpid())")
        defer { try? removeFile(catalogue) }
        if let announced = state.announced(name, by: author),
            let sealing = state.sealings(of: name, sha256: announced.sha256).first,
            let sealed = sealing.stream.catalogue
        {
            guard sealed.bytes <= ArrivingCatalogue.limit(streamBytes: sealing.stream.bytes) else {
                throw ServingError.catalogueTooLarge(bytes: sealed.bytes)
            }
            try makeDirectories(machine.server.incoming, permissions: 0o700)
            try SpaceCheck.server(machine).require(
                SpaceNeed("receiving \(name.label.catalogueName)", bytes: sealed.bytes), in: machine.server.incoming)
            try ArrivingCatalogue.receive(sealed, as: catalogue, from: client)
        }
        return try ArtifactRegistration(machine, for: author).run(name, from: path, catalogue: catalogue).localPath
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
