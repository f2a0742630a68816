package import JournalFormat
package import JournalStore

/// How far a record has come: `append --wait`.
package enum RecordGrade: String, Sendable, CaseIterable {
    /// It is on the server's disk, in its place.
    case recorded
    /// The mirror's checkpoint covers it.
    case mirrored
    /// A checkpoint covers it that witnesses have cosigned.
    case witnessed
}

/// Records, how far they have come, and what shows it to anybody who has the journal's public key.
package struct GradedReceipts: Sendable {
    package let receipts: [Receipt]
    package let grade: RecordGrade
    /// The server's, which covers all of them: the mirror's own where they are mirrored.
    package let checkpoint: SignedCheckpoint

    package init(_ receipts: [Receipt], _ grade: RecordGrade, _ checkpoint: SignedCheckpoint) {
        (self.receipts, self.grade, self.checkpoint) = (receipts, grade, checkpoint)
    }
}
