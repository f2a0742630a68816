import Age
import ArgumentParser
import Artifacts
import Backup
import Catalogue
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import Machines
import Restoring
import Sealing
import SystemPackage
import TreeHash
import Zstd

struct SealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Run a producer and seal what it sends into an artifact: zstd, age, SHA-256, one pass.",
        usage: """
            devjournal seal LABEL --type full|incr [--parent LABEL] --uuid UUID [--parent-uuid UUID] [--outbox] \
            -- COMMAND …
            """,
        discussion: """
            The producer's standard output must be a Btrfs send stream of the snapshot that was recorded. A producer \
            that fails, or a stream that is not what was announced, leaves nothing behind. The event is durable before \
            the artifact has its name. Prints the artifact's path.

            With --outbox, on a workstation whose server is another machine, the event goes into the outbox and the \
            next devjournal deliver brings it over; it is decided upon by the replica and what is pending. The \
            recipients are those of the workstation's own configuration (RECIPIENTS), and must be the journal's.

            Nothing is begun where the artifact is not expected to fit on the disk. Expected is what the earlier \
            artifacts let expect: for an incremental twice the largest of the last three, for an anchor the one before \
            with its increments and a quarter more, for the first of all the size of its tree before compression; or \
            what --expect-bytes says; --ignore-space begins all the same.

            Exit status: 0 sealed, or there already · 1 a file of that name is not what was sealed · 2 failed: the \
            producer, its stream, the disk, or too little space · 6 refused: policy, another snapshot, other recipients · 7 no snapshot, \
            no key, no recipient, no pinned journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "2026-01 or dev@2026-01.")
    var label: String
    @Option(help: "full or incr.")
    var type: String
    @Option(help: "The label that an incremental starts from.")
    var parent: String?
    @Option(help: "The snapshot's UUID, which the stream must carry.")
    var uuid: String
    @Option(help: "The parent snapshot's UUID, which an incremental's stream must name.")
    var parentUuid: String?
    @Flag(help: "A full one because the snapshot that an incremental would start from is not here; this is recorded.")
    var parentMissing = false
    @Option(help: "A full one because an increment would not do, as check-source --parent says; this text is recorded.")
    var unfitIncrement: String?
    @Flag(help: "Say it through the workstation's outbox: the journal is on another machine.")
    var outbox = false
    @Option(help: "The directory for the artifact (default: WS_STATE/spool).")
    var out: String?
    @Option(help: "The snapshot's directory: its tree is hashed meanwhile and recorded, for restores to compare.")
    var tree: String?
    @Option(help: "A file that holds the whole stream, in place of a producer.")
    var stream: String?
    @Option(help: "How large the artifact will be at most, where that is known better than it can be estimated.")
    var expectBytes: Int?
    @Flag(help: "Begin where it is not expected to fit on the disk.")
    var ignoreSpace = false
    @Argument(parsing: .postTerminator, help: "The producer, such as: btrfs send SNAPSHOT.")
    var producer: [String] = []

    func validate() throws {
        if producer.isEmpty, stream == nil { throw ValidationError("the producer is missing: put it behind --") }
        if !producer.isEmpty, stream != nil { throw ValidationError("a producer or --stream, not both") }
        if let expectBytes, expectBytes < 0 { throw ValidationError("--expect-bytes is a number of bytes") }
        if (type == "incr") != (parent != nil) {
            throw ValidationError("--parent goes with --type incr, and only with it")
        }
        if (parent != nil) != (parentUuid != nil) { throw ValidationError("--parent and --parent-uuid go together") }
    }

    func run() async throws {
        let machine = try options.read()
        let name = try artifactName(machine)
        let ledger = try outbox ? WorkstationLedger.outbox(Workstation(machine)) : .journal(machine)
        let directory = out.map { FilePath($0) } ?? machine.workstationState.appending("spool")
        try makeDirectories(directory, permissions: 0o700)
        let path = directory.appending(name.description)
        let state = try ledger.state()
        switch try await earlier(name, path, state, ledger) {
        case .done(let place):
            if let place { Terminal.exact(place.string) }
            return
        case .nothing: break
        }
        let author = try ledger.author()
        let recipients = try ledger.recipients(state)
        // Refused before hours are spent on sending.
        try checkStream(of: name, uuid: uuid, parentUUID: parentUuid, state)
        let snapshot = try await snapshotTree(name.label)
        let space = SealingSpace(
            name: name, expected: expectBytes, stream: stream.map { FilePath($0) }, tree: snapshot)
        if let need = try space.need(state) {
            try SpaceCheck.workstation(machine).require(
                need, in: directory,
                override: .init(
                    command: "ws_dev_run_month.sh --ignore-space \(name.label)", isGiven: ignoreSpace),
                instead: "name another directory with --out, or a better estimate with --expect-bytes")
        }
        async let hashed = treeHash(snapshot)
        let sealed = try await seal(makeSealer(name, recipients), path)
        let tree: String?
        do {
            tree = try await hashed
        } catch {
            sealed.discard()
            throw error
        }
        try record(sealed, name, tree, recipients, author, ledger)
        Terminal.exact(path.string)
    }

    private func seal(_ sealer: Sealer, _ path: FilePath) async throws -> SealedFile {
        guard let stream else { return try await sealer.seal(.command(producer), as: path) }
        // Closed when sealing is over, and not before.
        let file = try OpenFile(FilePath(stream), .readOnly)
        let sealed = try await sealer.seal(.descriptor(file.descriptor), as: path)
        try file.close()
        return sealed
    }

    /// The directory to hash, which must be the snapshot that is sealed.
    private func snapshotTree(_ label: Label) async throws -> FilePath? {
        guard let tree else { return nil }
        let path = FilePath(tree)
        guard let subvolume = try await Btrfs(Effects.ofThisProcess.programs).show(path), subvolume.isReadOnly,
            uuid == subvolume.receivedUUID ?? subvolume.uuid
        else {
            throw Complaint(
                "\(tree) is not the snapshot of \(label)", hint: "--tree wants the read-only subvolume with --uuid",
                .refused)
        }
        return path
    }

    private func treeHash(_ snapshot: FilePath?) async throws -> String? {
        guard let snapshot else { return nil }
        let title = "sealing \(label), reading its tree"
        return try await TreeHash.shown(title, of: snapshot, by: Effects.ofThisProcess.reporter).digest.hex
    }

    private func artifactName(_ machine: Machine) throws -> ArtifactName {
        func month(_ text: String) throws -> Label {
            guard let label = Label(text) ?? Label(dataset: machine.dataset, month: text) else {
                throw Complaint(
                    "\(text) is no label", hint: "a label is 2026-01 or \(machine.dataset)@2026-01", .usage)
            }
            return label
        }
        guard let kind = ArtifactKind(type: type, parent: try parent.map(month)) else {
            throw Complaint("\(type) is no artifact type", hint: "full or incr", .usage)
        }
        return ArtifactName(try month(label), kind)
    }

    private enum Earlier {
        case nothing
        /// The artifact is made; nil where this machine's copy is gone, as it may be once it is registered elsewhere.
        case done(FilePath?)
    }

    /// What an earlier run has left: a registered artifact, a sealed file, or one that only lacks its name.
    private func earlier(
        _ name: ArtifactName, _ path: FilePath, _ state: BackupState, _ ledger: WorkstationLedger
    ) async throws -> Earlier {
        if let entry = state.entries[name.label] {
            guard entry.artifact.name == name else {
                throw Complaint("\(name.label) is registered already, as \(entry.artifact.name)", .refused)
            }
            Terminal.say("\(name) is registered already; nothing changed")
            return .done(ledger.place(of: entry, spooled: path))
        }
        guard let sealed = state.sealed(name.label), sealed.artifact.name == name,
            let sha256 = SHA256Digest(hex: sealed.artifact.sha256)
        else {
            // A file without its event was never finished by anyone: whoever made it, it is not ours to overwrite.
            if pathExists(path) {
                throw Complaint(
                    "\(path) is there, but the journal knows no such artifact", hint: "move it away", .refused)
            }
            _ = try Sealer.removeLeftover(of: path)
            return .nothing
        }
        if pathExists(path) {
            guard try ArtifactFile.hash(path).sha256 == sha256 else {
                throw Complaint("\(path) is not what was sealed", hint: "move it away and seal again", .damaged)
            }
            guard try hasCatalogue(sealed, beside: path) else {
                Terminal.say("the catalogue of \(name) is gone, and nobody else has it: it is sealed again")
                try removeFile(path)
                return .nothing
            }
            Terminal.say("\(name) is sealed already; nothing changed")
            return .done(path)
        }
        do {
            guard try await Sealer.finishLeftover(as: path, bytes: UInt64(sealed.artifact.bytes), sha256: sha256)
            else { return .nothing }
        } catch SealError.leftoverDiffers {
            // The recorded file is lost, and sealing it anew was interrupted: that file was never recorded.
            _ = try Sealer.removeLeftover(of: path)
            return .nothing
        }
        Terminal.say("\(name) was sealed and recorded; it has its name now")
        return .done(path)
    }

    private func hasCatalogue(_ sealed: BackupState.Sealing, beside path: FilePath) throws -> Bool {
        guard let catalogue = sealed.stream.catalogue else { return true }
        let place = path.sibling(sealed.artifact.label.catalogueName)
        return try pathExists(place) && ArtifactFile.hash(place).sha256.hex == catalogue.sha256
    }

    private func makeSealer(_ name: ArtifactName, _ recipients: [AgeRecipient]) throws -> Sealer {
        guard let expected = SubvolumeUUID(uuid) else { throw Complaint("\(uuid) is no UUID", .usage) }
        let parent: StreamExpectation.Parent
        if let text = parentUuid {
            guard let uuid = SubvolumeUUID(text) else { throw Complaint("\(text) is no UUID", .usage) }
            parent = .uuid(uuid)
        } else {
            parent = .none
        }
        return Sealer(
            to: recipients,
            content: .sendStream(StreamExpectation(name: name.label.description, uuid: expected, parent: parent)))
    }

    private func record(
        _ sealed: consuming SealedFile, _ name: ArtifactName, _ tree: String?, _ recipients: [AgeRecipient],
        _ author: JournalKey, _ ledger: WorkstationLedger
    ) throws {
        guard let stream = sealed.stream else { throw Complaint("the stream was not inspected", .failed) }
        let hashes = sealed.frames.hashes
        let catalogue = try SealedCatalogue(Catalogue(frames: sealed.frames), to: recipients)
        // Under its name before it is recorded: where the sealing comes to nothing the next one replaces it.
        try catalogue.write(sealed.finalPath.sibling(name.label.catalogueName))
        let sealing = Command.Sealing(
            artifact: Artifact(
                name: name, bytes: Int(sealed.bytes), sha256: sealed.sha256.hex, reason: nil),
            stream: ArtifactStream(
                uuid: stream.subvolume.uuid.description, parentUUID: stream.subvolume.parentUUID?.description,
                bytes: Int(sealed.streamBytes), tree: tree,
                frames: ArtifactStream.Frames(
                    size: FrameTable.frameSize, count: hashes.digests.count, sha256: hashes.sha256.hex),
                catalogue: ArtifactCatalogue(
                    bytes: catalogue.bytes.count, sha256: catalogue.sha256.hex, plainBytes: catalogue.plainBytes,
                    plainSHA256: catalogue.plainSHA256.hex)),
            streamVersion: Int(stream.version), recipients: recipients.map(\.description),
            tools: ["devjournal": .string(Devjournal.version), "zstd": .string(zstdVersion)],
            lacksParent: parentMissing, unfitIncrement: unfitIncrement
        )
        do {
            try ledger.record(.recordSealing(sealing), author: author)
        } catch {
            sealed.discard()
            throw error
        }
        try sealed.finish()
    }
}
