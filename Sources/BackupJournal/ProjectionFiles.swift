package import Backup
internal import DurableFiles
internal import JournalFormat
package import JournalStore
package import SystemPackage

/// The projections that scripts read: `snapshots_v2.tsv` and `state.env`. `Machines` writes them.
package struct ProjectionFiles: Sendable {
    package static let names = ["snapshots_v2.tsv", "state.env"]

    package let directory: FilePath

    package init(_ directory: FilePath) {
        self.directory = directory
    }

    /// What the files hold, each with its LF.
    package static func contents(_ state: BackupState) -> [(name: String, text: String)] {
        [(names[0], Manifest.tsv(state)), (names[1], StateEnv.text(state))]
    }

    /// Whether the files are what the journal says, so that nothing of them changes.
    package func areRight(for replay: borrowing Replay) -> Bool {
        if replay.state == nil {
            return (try? readFile(directory.appending(Self.names[1]))) == Array(replay.summary.utf8)
        }
        guard let state = try? replay.readableState() else { return false }
        return Self.contents(state).allSatisfy { name, text in
            (try? readFile(directory.appending(name))) == Array(text.utf8)
        }
    }

    /// The files that are not what the journal says, each with what was found.
    package func drift(from state: BackupState) throws(JournalError) -> [(path: FilePath, found: String)] {
        var drifted: [(path: FilePath, found: String)] = []
        for (name, text) in Self.contents(state) {
            let path = directory.appending(name)
            if !pathExists(path) {
                drifted.append((path, "is missing"))
                continue
            }
            let found = try orFile { () throws(FileFailure) in try readFile(path) }
            let expected = Array(text.utf8)
            if found != expected {
                drifted.append((path, "differs from line \(Self.firstDifference(found, expected)) on"))
            }
        }
        return drifted
    }

    private static func firstDifference(_ found: [UInt8], _ expected: [UInt8]) -> Int {
        let common = zip(found, expected).prefix { $0 == $1 }
        return common.reduce(1) { $0 + ($1.0 == UInt8(ascii: "\n") ? 1 : 0) }
    }
}
