package import DurableFiles
package import JournalFormat
package import SystemPackage

/// Which journal a workstation's replica is a copy of: its id, and the root that vouches for it. One line of text.
///
///     019c15a4-1200-767e-aacb-e773cdde221d 7f2c…
package struct ReplicaPin: Sendable, Equatable {
    package let log: EventID
    package let root: KeyID

    package init(log: EventID, root: KeyID) {
        self.log = log
        self.root = root
    }

    private var line: String { "\(log) \(root)\n" }

    /// Nil where nothing is pinned, or the file holds something else: `isThere` tells these apart.
    package static func read(_ path: FilePath) throws(FileFailure) -> ReplicaPin? {
        let text = String(decoding: try readFile(path, limit: 256), as: UTF8.self)
        let words = text.dropLast().split(separator: " ").map(String.init)
        guard words.count == 2, let log = EventID(words[0]), let root = KeyID(words[1]) else { return nil }
        let pin = ReplicaPin(log: log, root: root)
        return pin.line == text ? pin : nil
    }

    package func write(_ path: FilePath) throws(FileFailure) {
        try writeFileAtomically(path, Array(line.utf8))
    }
}
