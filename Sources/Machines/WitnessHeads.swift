package import DurableFiles
package import JournalFormat
package import SystemPackage

/// The heads that this machine remembers: `WS_STATE/heads`, signed notes one after another, the file that
/// `verify --head` reads. Next to it `heads.superseded` keeps those that a person gave up.
package struct WitnessHeads {
    /// A head implies those before it in its epoch, so old ones may go when the file gets long.
    private static let limit = 1000
    /// Bytes: others may have signed below each of them.
    private static let lengthLimit = 1 << 20

    package let path: FilePath

    package init(_ machine: Machine) {
        path = machine.workstationState.appending("heads")
    }

    package var supersededPath: FilePath { path.sibling("heads.superseded") }

    package func lock() throws -> FileLock {
        try makeDirectories(path.removingLastComponent(), permissions: 0o700)
        return try FileLock(path.sibling("heads.lock"))
    }

    package func read() throws -> [SignedCheckpoint] { try Self.read(path) }

    private static func read(_ path: FilePath) throws -> [SignedCheckpoint] {
        guard pathExists(path) else { return [] }
        // One of each epoch stays, however long it is.
        let bytes = try readFile(path, limit: 16 * lengthLimit)
        return bytes.isEmpty ? [] : try parse(bytes, "\(path)")
    }

    package static func parse(_ bytes: [UInt8], _ name: String) throws -> [SignedCheckpoint] {
        do { return try SignedCheckpoint.parseAll(bytes) } catch {
            throw MachineError.notSignedCheckpoints(name)
        }
    }

    /// Of those that say the same of the journal one is kept, with the newest deadline.
    package func write(_ heads: [SignedCheckpoint]) throws {
        var kept: [SignedCheckpoint] = []
        var places: [Checkpoint: Int] = [:]
        for head in heads {
            if let place = places[head.checkpoint] {
                kept[place] = kept[place].merged(with: head)
            } else {
                places[head.checkpoint] = kept.count
                kept.append(head)
            }
        }
        var length = kept.reduce(0) { $0 + $1.note.utf8.count }
        while kept.count > Self.limit || length > Self.lengthLimit {
            let oldest = kept.indices.first { index in
                kept[(index + 1)...].contains {
                    $0.checkpoint.epoch == kept[index].checkpoint.epoch
                        && $0.checkpoint.size > kept[index].checkpoint.size
                }
            }
            guard let oldest else { break }
            length -= kept.remove(at: oldest).note.utf8.count
        }
        try writeFileAtomically(path, Array(kept.map(\.note).joined().utf8))
    }

    /// Adds a head whose lines this machine holds.
    package func remember(_ head: SignedCheckpoint) throws {
        let lock = try lock()
        let known = try read()
        if !known.contains(head) { try write(known + [head]) }
        lock.unlock()
    }

    /// Adds to what was given up; nothing is ever taken from there.
    package func keepSuperseded(_ heads: [SignedCheckpoint]) throws {
        let there = try Self.read(supersededPath)
        let new = heads.filter { head in !there.contains { $0.checkpoint == head.checkpoint } }
        guard !new.isEmpty else { return }
        try writeFileAtomically(supersededPath, Array((there + new).map(\.note).joined().utf8))
    }
}
