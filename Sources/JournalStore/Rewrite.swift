internal import DurableFiles
package import JournalFormat
package import SystemPackage

extension JournalDirectory {
    /// What `poisoned` holds once the last segment was written again, until a record says so.
    private static let rewritten = "the last segment was written anew\n"

    /// Whether all that is left to do about a failed sync is to record it.
    var isRewritten: Bool { (try? readFile(poisonPath, limit: 256)) == Array(Self.rewritten.utf8) }

    /// Writes the last segment again where a sync has failed on it: after such a failure the kernel may show bytes
    /// that never reached the disk, and would call another sync of the same file a success.
    ///
    /// - Parameter isReplica: nothing is recorded in a replica; of a journal of one's own, the next who opens it for
    ///   appending records what was done.
    /// - Returns: whether there was anything to do.
    package func rewriteAfterFailedSync(
        lock lockPath: FilePath, pinnedRoot: KeyID?, isReplica: Bool = false
    ) throws(JournalError) -> Bool {
        let lock = try orFile { () throws(FileFailure) in try FileLock(lockPath) }
        guard pathExists(poisonPath) else { return false }
        // Judged before it is copied: what is damaged stays as it is.
        let replay = try replay(pinnedRoot: pinnedRoot, signatures: .all)
        let segment =
            replay.tail?.segment
            ?? segmentPath(
                firstSeq: Self.firstSeq(ofSegmentHolding: replay.verifier.size))
        if !isReplica { try rewriteLastSegment() }
        try orFile { () throws(FileFailure) in
            if isReplica {
                try writeFileAtomically(segment, try readFile(segment, limit: Self.segmentSizeLimit))
                try removeFile(poisonPath)
                try synchronizeDirectory(path)
            } else {
                try writeFileAtomically(poisonPath, Array(Self.rewritten.utf8), permissions: .ownerReadWrite)
            }
        }
        lock.unlock()
        return true
    }
}
