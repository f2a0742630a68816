package import Backup
import BackupJournal
import Digest
import DurableFiles
package import JournalFormat
import JournalStore
package import Machines
package import SystemPackage

/// Takes an artifact into the repository: a copy that is ours alone, its hash against the sealed event, policy, place,
/// record.
///
/// The sender has the file, or still has it open, can change nothing of what is registered: that is another inode,
/// which is hashed after it was made. Where files can share their extents it costs no room and no time.
package struct ArtifactRegistration {
    private let machine: Machine
    /// The workstation that asks; nil where somebody on the server does. What others say of the name does not count
    /// then, so that nobody's claim stands in another's way.
    private let author: KeyID?

    package init(_ machine: Machine, for author: KeyID? = nil) {
        self.machine = machine
        self.author = author
    }

    private var isServed: Bool { author != nil }

    private var server: ServerTree { machine.server }

    /// Takes a file whose own name says which artifact it is.
    package func run(fileNamed file: FilePath) throws -> (name: ArtifactName, entry: BackupState.Entry) {
        guard let name = file.lastComponent.flatMap({ ArtifactName($0.string) }),
            name.label.dataset == machine.dataset
        else { throw RegistrationError.notAName(file, dataset: machine.dataset) }
        return (name, try run(name, from: file))
    }

    /// Where a workstation asks, only what it has announced is taken, and a part of that is one that is still to
    /// arrive.
    ///
    /// - Parameter catalogue: where that is; nil: next to the file.
    package func run(_ name: ArtifactName, from source: FilePath, catalogue: FilePath? = nil) throws
        -> BackupState.Entry
    {
        let catalogue = catalogue ?? source.sibling(name.label.catalogueName)
        let incoming = IncomingDirectory(server)
        guard incoming.contains(source) else { return try take(name, from: source, catalogue) }
        let lock = try incoming.lock(isPatient: true)
        try incoming.clear(try machine.replay().readableState(), keeping: name)
        do {
            let entry = try take(name, from: source, catalogue)
            lock.unlock()
            return entry
        } catch let error as RegistrationError where isServed && error.isNotWhatWasSealed {
            // It is of no use to anybody, and in the way of sending it again.
            try removeFile(source)
            throw error
        }
    }

    private func take(
        _ name: ArtifactName, from source: FilePath, _ catalogue: FilePath
    ) throws -> BackupState.Entry {
        let state = try machine.replay().readableState()
        try demand(name, at: source, state)
        let target = server.root.appending(state.entries[name.label]?.localPath ?? name.localPath)
        guard pathExists(source), try !isOneFile(source, target) else {
            // After a crash between placing and recording the file is there already.
            let (bytes, sha256) = try ArtifactFile.hash(target)
            return try record(name, Found(target, bytes, sha256, catalogue: catalogue))
        }
        let type = try source.stat(followTargetSymlink: false).type
        guard type == .regular || type == .symbolicLink else { throw ArtifactError.notAFile(source) }
        let there = try hashOfRegularFile(target)
        try makeDirectories(target.removingLastComponent())
        let fresh = try FreshCopy(of: source, for: target)
        if try !fresh.clone() {
            try SpaceCheck.server(machine).require(
                SpaceNeed("registering \(name)", bytes: Int(fresh.size)), in: target.removingLastComponent())
            try fresh.copy()
        }
        try fresh.finish()
        let (bytes, sha256) = try ArtifactFile.hash(fresh.path)
        let found = Found(source, bytes, sha256, catalogue: catalogue)
        let entry: BackupState.Entry
        if there == sha256 {
            entry = try record(name, found)
        } else {
            entry = try place(fresh, as: name, found, at: target)
        }
        try removeFile(source)
        try removeFile(catalogue)
        return entry
    }

    private struct Found {
        /// What a person knows it by.
        package let file: FilePath
        package let bytes: Int
        package let sha256: SHA256Digest
        package let catalogue: FilePath

        package init(_ file: FilePath, _ bytes: Int, _ sha256: SHA256Digest, catalogue: FilePath) {
            self.catalogue = catalogue
            self.file = file
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    /// What can be refused without reading a byte of the file is refused first.
    private func demand(_ name: ArtifactName, at source: FilePath, _ state: BackupState) throws {
        guard let announced = announced(name, at: source, state) else {
            if !isServed { return }
            throw RegistrationError.notAnnounced(name)
        }
        _ = try decide(
            .register(name, bytes: announced.bytes, sha256: announced.sha256), state,
            thisMonth: machine.thisMonth())
        guard isServed, !pathExists(server.root.appending(name.localPath)) || pathExists(source) else { return }
        let arrived = (try? source.stat(followTargetSymlink: false)).map { Int($0.size) } ?? 0
        guard arrived < announced.bytes else { return }
        throw RegistrationError.stillArriving(name, bytes: arrived, of: announced.bytes)
    }

    /// Of what several workstations have announced under that name, by path, what fits the file.
    private func announced(_ name: ArtifactName, at source: FilePath, _ state: BackupState) -> Artifact? {
        guard author == nil, state.entries[name.label] == nil,
            let size = (try? source.stat(followTargetSymlink: false)).map({ Int($0.size) })
        else { return state.announced(name, by: author) }
        let fitting = state.sealings[name.label]?.last { $0.artifact.name == name && $0.artifact.bytes == size }
        return fitting?.artifact ?? state.announced(name)
    }

    private func isOneFile(_ source: FilePath, _ target: FilePath) throws -> Bool {
        guard pathExists(target) else { return false }
        let (one, other) = (try source.stat(followTargetSymlink: false), try target.stat(followTargetSymlink: false))
        return one.deviceID == other.deviceID && one.inode == other.inode
    }

    private func hashOfRegularFile(_ path: FilePath) throws -> SHA256Digest? {
        guard let status = try? path.stat(followTargetSymlink: false), status.type == .regular else { return nil }
        return try ArtifactFile.hash(path).sha256
    }

    /// The name is free, or something else has it: the damaged copy of a registered artifact, or what was withdrawn and
    /// not set aside yet.
    private func place(
        _ fresh: consuming FreshCopy, as name: ArtifactName, _ found: Found, at target: FilePath
    ) throws -> BackupState.Entry {
        var journal = try machine.openJournal(.resuming(.anything))
        let state = try journal.replay.readableState()
        let isRegistered = try events(name, found, state).isEmpty
        if !isRegistered { try WithdrawnFiles(machine).setAside(state) }
        if pathExists(target) {
            guard isRegistered else {
                throw RegistrationError.unknownFile(target)
            }
            let aside = try ArtifactFile.replaceDamaged(target, by: fresh.path, at: machine.now())
            fresh.wasRenamed()
            if let aside { machine.reporter.say("\(target) was damaged; it is kept as \(aside)") }
        } else {
            try fresh.rename(to: target)
        }
        return try record(name, found, isPlaced: true, in: &journal)
    }

    private func record(_ name: ArtifactName, _ found: Found) throws -> BackupState.Entry {
        var journal = try machine.openJournal(.resuming(.anything))
        return try record(name, found, isPlaced: false, in: &journal)
    }

    private func record(
        _ name: ArtifactName, _ found: Found, isPlaced: Bool, in journal: inout Journal
    ) throws -> BackupState.Entry {
        let state = try journal.replay.readableState()
        let isKnown = try events(name, found, state).isEmpty
        if let sealing = state.sealings(of: name, sha256: found.sha256.hex).first {
            try Catalogues(server).take(
                sealing, from: found.catalogue, isNeeded: !isKnown)
        }
        if isKnown {
            if isPlaced || state.entries[name.label]?.condition != .ok {
                _ = try machine.record(
                    .recordCheck(name.label, sha256: found.sha256.hex, .ok, found: nil), in: &journal)
                machine.reporter.say("\(name) is registered already; the server's copy is sound again")
            } else {
                machine.reporter.say("\(name) is registered already; nothing changed")
            }
        } else {
            _ = try machine.record(
                .register(name, bytes: found.bytes, sha256: found.sha256.hex), in: &journal)
        }
        guard let entry = try journal.replay.readableState().entries[name.label] else {
            preconditionFailure("what was recorded is there")
        }
        return entry
    }

    private func events(_ name: ArtifactName, _ found: Found, _ state: BackupState) throws -> [NewEvent] {
        if let announced = state.announced(name, by: author), announced.sha256 != found.sha256.hex,
            state.sealings(of: name, sha256: found.sha256.hex).isEmpty,
            isServed || state.entries[name.label] == nil
        {
            throw RegistrationError.notWhatWasSealed(
                found.file, hash: found.sha256.hex, sealed: announced.sha256)
        }
        return try decide(
            .register(name, bytes: found.bytes, sha256: found.sha256.hex), state,
            thisMonth: machine.thisMonth())
    }
}
