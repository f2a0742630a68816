import Age
import ArgumentParser
import Backup
import Browsing
import DurableFiles
import JournalFormat
import Machines
import ObjectStore
import Recovery
import RecoveryKit
import SystemPackage

/// Where a command looks into months: on this machine, or with `--from-mirror` in the mirror, or with `--from-server` also
/// in what the server of a workstation sends it.
struct BrowsingOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOption
    @OptionGroup var endpoint: EndpointOption
    @OptionGroup var passphrase: PassphraseOption
    @Flag(help: "Look into the mirror alone; on any machine, with --kit.")
    var fromMirror = false
    @Flag(help: "On a workstation: ask the server for what is not here, which it records.")
    var fromServer = false
    @Flag(help: "On a workstation: believe the server what a month holds that nobody else has signed.")
    var trustServer = false
    @Option(help: "The recovery kit (default: this server's own keys).")
    var kit: String?
    @Option(help: "The mirror's URL (default: MIRROR, else what the kit says).")
    var mirror: String?

    /// What the help of commands that look into catalogues alone says of it.
    static let fromServerText = """
        With --from-server it asks the server over ssh for the catalogues that are not here, by the rules of a restore, and \
        the server records that their names left (restore.released); none of it stays here.
        """
    static let fromServerStatuses = """
        with --from-server also 6 the server refused: nobody there has allowed it · 11 the server cannot be reached: run it \
        again · 12 another ssh host key answers than the one that was paired
        """

    func validate() throws {
        if !fromMirror, kit != nil || mirror != nil || endpoint.endpoint != nil || passphrase.isGiven {
            throw ValidationError("--kit, --mirror, --endpoint and --passphrase-file go with --from-mirror")
        }
        if fromMirror, fromServer { throw ValidationError("--from-mirror and --from-server exclude each other") }
        if fromMirror, trustServer { throw ValidationError("--from-mirror and --trust-server exclude each other") }
    }

    func months() throws -> BrowsedMonths {
        guard fromMirror else {
            let machine = try options.load()
            return BrowsedMonths(
                machine: machine, shelf: try CatalogueShelf(machine), mirror: nil, asksServer: fromServer,
                trustsServer: trustServer)
        }
        guard let kit else {
            let machine = try options.load(endpoint)
            try machine.requireServer()
            return try months(machine, try mirror ?? machine.mirrorURL(), try BrowsedMirror.Keys(machine.server))
        }
        var machine = try options.read(endpoint)
        let opened = try KitFile(kit).open(try passphrase.ofKit()())
        // The name of the only data set goes without saying where nobody has said it.
        if machine.configuration.file == nil, opened.sections.count == 1 {
            machine.configuration.useDataset(opened.sections[0].dataset)
        }
        let section = try opened.section(of: machine.dataset)
        guard let url = mirror ?? machine.mirror ?? section.mirror else { throw RebuildError.noMirror }
        return try months(
            machine, url,
            BrowsedMirror.Keys(dataset: section.dataset, root: section.root.id, identities: section.identities))
    }

    private func months(_ machine: Machine, _ url: String, _ keys: BrowsedMirror.Keys) throws -> BrowsedMonths {
        let mirror = try BrowsedMirror(try machine.store(url), keys)
        return BrowsedMonths(
            machine: machine, shelf: CatalogueShelf(mirror), mirror: mirror, asksServer: false, trustsServer: false)
    }
}

/// Months that are looked into.
struct BrowsedMonths {
    let machine: Machine
    private(set) var shelf: CatalogueShelf
    let mirror: BrowsedMirror?
    /// Whether a person has said so, as with what follows.
    let asksServer: Bool
    let trustsServer: Bool

    var state: BackupState { shelf.state }

    func label(_ text: String) throws -> Label { try machine.label(text, in: shelf.state) }

    /// Of what is handed out: on the server it is recorded, and a workstation's server has recorded it before it came.
    func release() throws -> ReadingRelease {
        mirror == nil && !shelf.isOfWorkstation ? try .recorded(machine) : .untraced
    }

    /// On a workstation whose person has said so: asks the server for the catalogues of these labels that are not here.
    mutating func bringNames(of labels: [Label]) async throws {
        guard shelf.isOfWorkstation, asksServer else { return }
        let reading = try ServerReading(machine, shelf.state, trustsServer: trustsServer)
        try await reading.bringNames(of: labels)
        shelf = reading.shelf
    }

    /// On a workstation: asks the server for what these files are made of. There are no artifacts here, so there is no other
    /// way, and nobody needs to say so.
    mutating func bringFiles(_ paths: [String], of label: Label, isOneFile: Bool = false) async throws {
        guard shelf.isOfWorkstation else { return }
        let reading = try ServerReading(machine, shelf.state, trustsServer: trustsServer)
        try await reading.bringFiles(paths, of: label, isOneFile: isOneFile)
        shelf = reading.shelf
    }

    /// What came from the mirror, once all of it has.
    func tellTraffic() {
        guard let traffic = mirror?.traffic else { return }
        machine.reporter.say(
            "fetched \(Plain.bytes(traffic.bytes)) in \(Plain.counted(traffic.requests, "request")); nothing of this is "
                + "recorded in the journal")
    }
}
