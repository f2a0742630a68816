internal import DurableFiles
internal import JournalFormat
internal import SystemPackage

/// The ids of all events before a position, as a table on the disk: a look costs one read however many there are.
final class EventIDIndex {
    private let file: OpenFile
    let slotCount: Int
    private(set) var count: Int
    let hash: EventIDHash

    private static let slotsInRead = 32

    /// Nil where the file is not what was kept.
    static func open(_ path: FilePath, _ kept: CachedPosition) throws(FileFailure) -> EventIDIndex? {
        try open(path, slotCount: kept.slotCount, count: kept.idCount, hash: kept.idHash)
    }

    static func open(
        _ path: FilePath, slotCount: Int, count: Int, hash: EventIDHash
    ) throws(FileFailure) -> EventIDIndex? {
        let file = try OpenFile(regular: path, .readWrite)
        let size = try file.size()
        guard size == Int64(slotCount * EventIDSet.slotSize), count < slotCount else { return nil }
        return EventIDIndex(file, slotCount: slotCount, count: count, hash: hash)
    }

    private init(_ file: consuming OpenFile, slotCount: Int, count: Int, hash: EventIDHash) {
        self.file = file
        self.slotCount = slotCount
        self.count = count
        self.hash = hash
    }

    func contains(_ id: EventID) throws(FileFailure) -> Bool { try find(id).isHeld }

    /// Adds those that are not there; false, with nothing added, where the table would get too full for it.
    func insert(_ ids: [EventID]) throws(FileFailure) -> Bool {
        guard (count + ids.count) * 5 <= slotCount * 4 else { return false }
        for id in ids {
            let place = try find(id)
            if place.isHeld { continue }
            try file.write(EventIDSet.slot(id).span, at: Int64(place.slot * EventIDSet.slotSize))
            count += 1
        }
        return true
    }

    /// The whole table.
    func readAll() throws(FileFailure) -> EventIDSet? {
        let bytes = try file.read(slotCount * EventIDSet.slotSize, at: 0)
        return EventIDSet(table: bytes.span, count: count, hash: hash)
    }

    private func find(_ id: EventID) throws(FileFailure) -> (slot: Int, isHeld: Bool) {
        var slot = EventIDSet.firstSlot(of: id, in: slotCount, hash)
        var left = slotCount
        while left > 0 {
            let wanted = min(Self.slotsInRead, slotCount - slot)
            let bytes = try file.read(wanted * EventIDSet.slotSize, at: Int64(slot * EventIDSet.slotSize))
            if let found = EventIDSet.find(id, in: bytes.span) { return (slot + found.index, found.isHeld) }
            slot = slot + wanted == slotCount ? 0 : slot + wanted
            left -= wanted
        }
        throw FileFailure("use", file.path, .invalidArgument)
    }
}
