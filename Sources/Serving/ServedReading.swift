import Backup
import Browsing
import DurableFiles
import JournalFormat
import Machines
import Restoring

/// Gives files of a label, or the names in months of its chain, to a workstation, by the rules of a restore: somebody at the
/// server has allowed it where that is asked for, and the journal says what leaves before it does.
struct ServedReading {
    /// A workstation finds out from the catalogues what it is to take, before it reads on.
    private static let patience = Patience(silence: 600)

    private let machine: Machine
    private let key: Keyring.Entry
    private let client: ServedClient
    private let release: RestoreRelease

    init(_ machine: Machine, to key: Keyring.Entry, _ client: ServedClient, _ release: RestoreRelease) {
        self.machine = machine
        self.key = key
        self.client = client
        self.release = release
    }

    func run(_ label: Label, _ state: BackupState) throws {
        // First: who may not have the label learns nothing of what is in it, not even by what he is refused with.
        let word = try release.confirmation(label, key)
        guard let line = try client.reading().line(limit: ReadRequest.longestLine),
            let request = ReadRequest(parsing: line, dataset: machine.dataset)
        else { throw ServingError.notAReading }
        let parts = try ReleasedParts(request, of: label, on: CatalogueShelf(ofServer: machine, state))
        try release.recordReading(
            label, paths: parts.paths, catalogues: request.catalogues, to: key, confirmed: word)
        var answer = client.begin(Self.patience)
        try answer.send(Array(parts.answer.line.utf8))
        try parts.forEachPiece {
            try answer.send($0)
        } tell: {
            machine.reporter.warn("\($0): \(label) leaves without it")
        }
        try answer.finish()
    }
}
