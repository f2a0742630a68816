internal import DurableFiles
package import JournalFormat
package import SystemPackage

extension JournalDirectory {
    /// Writes the last segment anew where a sync has failed on it: after such a failure the kernel may show bytes
    /// that never reached the disk, and would call another sync of the same file a success.
    ///
    /// - Returns: whether there was anything to do.
    package func rewriteAfterFailedSync(lock lockPath: FilePath, pinnedRoot: KeyID?) throws(JournalError) -> Bool {
        let lock = try orFile { () throws(FileFailure) in try FileLock(lockPath) }
        guard pathExists(poisonPath) else { return false }
        // Judged before it is copied: what is damaged stays as it is.
        let replay = try replay(pinnedRoot: pinnedRoot, signatures: .all)
        let segment =
            replay.tail?.segment
            ?? segmentPath(
                firstSeq: Self.firstSeq(ofSegmentHolding: replay.verifier.size))
        try orFile { () throws(FileFailure) in
            try writeFileAtomically(segment, try readFile(segment, limit: Self.segmentSizeLimit))
            try removeFile(poisonPath)
            try synchronizeDirectory(path)
        }
        lock.unlock()
        return true
    }
}
