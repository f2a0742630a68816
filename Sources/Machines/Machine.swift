// What a server or a workstation is on disk: its configuration, places, keys, its journal or replica, its free space.
//
// A `Machine` is a `Configuration` and `Effects`: the clock, the reporter and the runner of programs, passed in so that a
// test passes its own. `machine.server` (`ServerTree`) is where a server keeps things; `Workstation` is a workstation's
// key, outbox and replica; `WorkstationLedger` is whichever of journal and outbox this machine records in. The journal has
// one door: read it, or open it to append (`JournalAccess`). Whatever fails is an `OperationError`: a sentence, a hint
// that mends it, and a kind that `devjournal` turns into an exit status.

package import Backup
package import JournalFormat
package import ObjectStore
import SystemPackage

/// This machine in one data set, as a server, a workstation or both: its configuration, the places on its disks, and what
/// is passed in. The configuration's settings are read as if they were its own: `machine.code`.
@dynamicMemberLookup
package struct Machine: Sendable {
    package var configuration: Configuration
    package let effects: Effects

    package init(_ configuration: Configuration, _ effects: Effects) {
        self.configuration = configuration
        self.effects = effects
    }

    package subscript<Value>(dynamicMember setting: KeyPath<Configuration, Value>) -> Value {
        configuration[keyPath: setting]
    }

    package var server: ServerTree {
        ServerTree(root: configuration.serverRoot, dataset: configuration.dataset, effects: effects)
    }

    package var reporter: any Reporter { effects.reporter }
    package func now() -> Timestamp { effects.clock.now() }

    /// The current month by local time.
    package func thisMonth() -> Label {
        let now = effects.clock.month()
        return Label(dataset: configuration.dataset, year: now.year, month: now.month)
    }

    /// Where the mirror is.
    package func mirrorURL() throws -> String {
        if let mirror = configuration.mirror { return mirror }
        throw try journalOfOtherHost() == nil ? MachineError.noMirror : MachineError.mirrorIsTheServers
    }

    /// The store that a URL names; `newStore` makes it where it is missing.
    package func store(_ url: String) throws(StoreError) -> any ObjectStore {
        try ObjectStores.open(url: url, s3: configuration.s3)
    }
    package func newStore(_ url: String) throws(StoreError) -> any ObjectStore {
        try ObjectStores.create(url: url, s3: configuration.s3)
    }
    package func examinedStore(_ url: String) throws(StoreError) -> any ExaminedStore {
        try ObjectStores.examine(url: url, s3: configuration.s3)
    }

    /// How many parts a file of that size goes up in.
    package func partCount(_ bytes: Int) throws(StoreError) -> Int {
        try PartPlan(size: Int64(bytes), wanted: configuration.s3.partSize).count
    }

    /// `2026-01` or `dev@2026-01`.
    package func month(_ text: String) throws -> Label {
        guard text != "latest" else { throw MachineError.notALabel(text, dataset: configuration.dataset) }
        return try label(text, in: .initial)
    }

    /// `latest`, `2026-01` or `dev@2026-01`.
    package func label(_ text: String, in state: @autoclosure () throws -> BackupState) throws -> Label {
        if text == "latest" {
            guard let latest = try state().latest else { throw MachineError.nothingRegistered }
            return latest
        }
        let dataset = configuration.dataset
        guard let label = Label(text) ?? Label(dataset: dataset, month: text), label.dataset == dataset else {
            throw MachineError.notALabel(text, dataset: dataset)
        }
        return label
    }
}
