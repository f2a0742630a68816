package import JournalFormat

/// The event of a record's line, as it was signed.
package struct RecordedEvent {
    package let id: EventID
    package let bytes: [UInt8]

    package init?(_ line: Span<UInt8>) {
        guard let layout = try? RecordLayout(line) else { return nil }
        id = layout.event.id
        bytes = Array(copying: line.extracting(layout.event.range))
    }
}
