package import DurableFiles
package import SystemPackage

/// `grown`: there from an append on until somebody has said that he knows of all records (journal-format.md, "Files").
///
/// A program that waits for records looks whether the file is there, as a systemd path unit does with `PathExists=`, and
/// misses none of them, however briefly it looked away. It says nothing about the records, and nothing depends on it that a
/// later look would not find as well: so it is never made durable, and where it cannot be made the append counts all the same.
extension JournalDirectory {
    package var growthMark: FilePath { path.appending("grown") }

    package var hasGrown: Bool { pathExists(growthMark) }

    /// Leaves the mark. An append does so under the journal's lock, before its lines can be read there.
    package func markGrowth() {
        if hasGrown { return }
        _ = try? OpenFile(
            growthMark, .writeOnly, options: [.create, .noFollow], permissions: [.ownerReadWrite, .groupRead])
    }

    /// Takes the mark away. The caller looks at the journal once more afterwards: what was appended before the mark went is
    /// there to be seen, and what is appended later leaves another one.
    package func clearGrowthMark() throws(FileFailure) { try removeFile(growthMark) }
}

/// Where a journal ended when it was open.
package struct JournalExtent: Sendable, Equatable {
    /// Records.
    fileprivate let size: Int
    /// Of the segment that holds the last one.
    fileprivate let bytes: Int64
}

extension Journal {
    /// Nil where the last segment cannot be looked at.
    package var extent: JournalExtent? {
        directory.bytes(ofSegmentHolding: size).map { JournalExtent(size: size, bytes: $0) }
    }
}

extension JournalDirectory {
    /// Whether lines stand there now that did not then: a look that waits for nobody. While somebody appends, false proves nothing.
    package func reaches(beyond extent: JournalExtent) -> Bool {
        let next = Self.records(ofSegmentHolding: extent.size).upperBound + 1
        return bytes(ofSegmentHolding: extent.size) != extent.bytes || pathExists(segmentPath(firstSeq: next))
    }

    fileprivate func bytes(ofSegmentHolding seq: Int) -> Int64? {
        (try? segmentPath(firstSeq: Self.firstSeq(ofSegmentHolding: seq)).stat().size).map { Int64($0) }
    }
}
