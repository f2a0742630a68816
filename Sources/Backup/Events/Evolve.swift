package import JournalFormat

/// The state after one more record.
package func evolve(_ state: inout BackupState, _ record: Record) throws(ProjectionRefusal) {
    try state.apply(try CoreEvents.read(record), of: record)
}

extension BackupState {
    /// - Parameter event: the record's; nil where it changes nothing.
    mutating func apply(_ event: (any ProjectedEvent)?, of record: Record) throws(ProjectionRefusal) {
        if let event {
            if !event.isLate(in: self) { try event.change(&self, in: record) }
            if type(of: event).isShown { changedAt = (record.seq, record.hash) }
        }
        pass(seq: record.seq, hash: record.hash, ts: record.ts)
    }
}

/// What projections make of the types of events.
package enum CoreEvents {
    /// Those that change something.
    private static let projected: [CoreEventType: any ProjectedEvent.Type] = Dictionary(
        uniqueKeysWithValues: CoreEventType.allCases.compactMap { type in
            (type.declaration as? any ProjectedEvent.Type).map { (type, $0) }
        })

    private static let unprojected = NameTable(
        CoreEventType.allCases.filter { projected[$0] == nil }.map { ($0.rawValue, true) })

    /// Whether an event changes no projection: replaying passes it without reading its data.
    package static func changesNothing(_ type: Span<UInt8>, schema: Int) -> Bool {
        EventType.isUserDefined(type) || (schema == CoreEventType.schema && unprojected[type] != nil)
    }

    /// The event of a record; nil where it changes no projection.
    ///
    /// - Throws: this version does not know its type or schema, or its data lack what projections need.
    static func read(_ record: Record) throws(ProjectionRefusal) -> (any ProjectedEvent)? {
        let event = record.event
        if let type = event.coreType, event.schema == CoreEventType.schema {
            return try projected[type]?.init(EventMembers(record))
        }
        guard EventType(event.type)?.isUserDefined ?? false else {
            throw ProjectionRefusal(
                record: record.seq, message: "this version does not know \(event.type) of schema \(event.schema)")
        }
        return nil
    }
}
