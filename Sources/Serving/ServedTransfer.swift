import Artifacts
import Backup
import DurableFiles
import Glibc
import JournalFormat
import Machines
import SystemPackage

/// One artifact that rsync brings. This process becomes that rsync, which can reach nothing by the words it gets but one
/// file in the directory that it starts in, and can write no more than was sealed. The lock is held for as long as it
/// runs: two of them would append to the same file. Nothing is received that would be refused when it is there.
struct ServedTransfer: ~Copyable {
    private let incoming: FilePath
    /// Bytes that it may write.
    let limit: Int
    private let lock: FileLock

    /// - Parameter author: the key that has to have said that the artifact was sealed.
    init(_ name: ArtifactName, by author: KeyID, _ state: BackupState, _ machine: Machine) throws {
        guard let sealed = state.announced(name, by: author) else { throw ServingError.notAnnounced(name) }
        _ = try decide(
            .register(name, bytes: sealed.bytes, sha256: sealed.sha256), state, thisMonth: machine.thisMonth())
        let directory = IncomingDirectory(machine.server)
        try makeDirectories(directory.path, permissions: 0o700)
        let lock = try directory.lock(isPatient: false)
        try directory.clear(state, keeping: name)
        let there = try Self.bytes(at: directory.path.appending(sealed.name.description))
        // It is copied when it is registered; where files share their extents that takes no room.
        let copy = FreshCopy.takesRoom(in: directory.path) ? sealed.bytes : 0
        let need = SpaceNeed("receiving \(sealed.name)", bytes: max(0, sealed.bytes - there) + copy)
        try SpaceCheck.server(machine).require(need, in: directory.path)
        incoming = directory.path
        limit = sealed.bytes
        self.lock = lock
    }

    /// What has arrived before.
    private static func bytes(at path: FilePath) throws -> Int {
        guard pathExists(path) else { return 0 }
        let status = try path.stat(followTargetSymlink: false)
        guard status.type == .regular else { throw ServingError.notAFile(path) }
        return Int(status.size)
    }

    /// - Parameter words: what the client's rsync has asked for.
    consuming func becomeRsync(_ words: [String], _ session: ServedSession) throws -> Never {
        guard unsafe chdir(incoming.string) == 0 else {
            throw ServingError.transferNotStarted("cannot enter \(incoming): \(Errno(rawValue: errno))")
        }
        let most = rlim_t(limit)
        var limits = rlimit(rlim_cur: most, rlim_max: most)
        guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limits) == 0 else {
            throw ServingError.transferNotStarted("cannot limit what is written: \(Errno(rawValue: errno))")
        }
        try lock.outliveProcess()
        try session.outliveProcess()
        try replaceProcess(["rsync"] + words)
    }
}
