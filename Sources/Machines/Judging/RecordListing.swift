package import Backup
import BackupJournal
package import JournalFormat
import JournalStore

/// `log`: the records that are asked for. None is shown before the whole journal was read and judged.
package struct RecordListing {
    /// As many matches are kept in memory until then.
    private static let most = 4096

    /// What was listed, and what a person should hear of it.
    package struct Result {
        /// The journal's records.
        package let size: Int
        /// The keys' names as of the last one.
        package let names: KeyNames
        package let warnings: [String]
    }

    private let journal: ReadableJournal
    private let filter: RecordFilter
    /// Only so many, the last ones.
    private let last: Int?

    package init(_ journal: ReadableJournal, _ filter: RecordFilter, last: Int?) {
        self.journal = journal
        self.filter = filter
        self.last = last
    }

    /// - Parameters:
    ///   - text: of a record, with its line as it is stored.
    ///   - show: takes these texts in the journal's order.
    package func run(
        text: @escaping (Record, Span<UInt8>, KeyNames) -> String, show: @escaping (String) -> Void
    ) throws -> Result {
        let capacity = last ?? Self.most
        var filter = filter
        var names = KeyNames()
        var found: [String] = []
        var dropped = false
        let replay = try journal.replay { record, line in
            names.take(record)
            guard filter.matches(record, names) else { return }
            found.append(text(record, line, names))
            guard found.count > 2 * capacity else { return }
            found.removeFirst(found.count - capacity)
            dropped = true
        }
        let size = replay.verifier.size
        // Somebody has seen records that are not here, and what comes next would not be what he waits for.
        if filter.from > size + 1 { throw FoundRecordError.noRecord(filter.from - 1, size: size) }
        if last == nil && dropped {
            // Too many to be kept in memory: now that all is judged, they are read again.
            _ = try journal.replay(upTo: size) { record, line in
                if filter.matches(record, names) { show(text(record, line, names)) }
            }
        } else {
            for text in found.suffix(last ?? found.count) { show(text) }
        }
        var warnings = filter.unknownValues(names)
        if let tail = replay.tail { warnings.append(journal.tailWarning(tail.bytes.count)) }
        return Result(size: size, names: names, warnings: warnings)
    }
}
