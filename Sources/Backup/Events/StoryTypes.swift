package import Digest
package import JournalFormat

extension BackupEvent {
    /// Types that tell a story and change no projection: replaying passes them without reading their data.
    private static let story = NameTable(
        storyTypes.filter { $0 != "journal.opened" && $0 != "epoch.started" }.map { ($0, true) })

    package static func changesNothing(_ type: Span<UInt8>, schema: Int) -> Bool {
        EventType.isUserDefined(type) || (schema == 1 && story[type] != nil)
    }
}

extension BackupState {
    /// The state after a record whose event changes nothing.
    package mutating func pass(seq: Int, hash: SHA256Digest, ts: Timestamp) {
        self.seq = seq
        head = hash
        lastTime = ts
    }
}
