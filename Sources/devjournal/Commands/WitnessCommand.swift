import ArgumentParser
import Backup
import Digest
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

struct WitnessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Remember the journal's heads on another machine, and judge it by them.",
        discussion: """
            A journal that was cut off or forked is sound in itself: only who remembers a later head can tell. \
            WS_STATE/heads keeps them; devjournal verify --head reads that file.
            """,
        subcommands: [Remember.self, Accept.self])

    struct Remember: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remember", abstract: "Remember a checkpoint, when the journal agrees with it.",
            discussion: """
                Every head remembered before must be in the journal, too. Where one is not, nothing is remembered and \
                both signed heads are printed: exit status 1 for a fork or a journal that is too short, 6 for a cut \
                that devjournal witness accept may accept.
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @OptionGroup var journal: WitnessedJournal
        @Argument(help: "A file with signed checkpoints, - for standard input (default: the journal's own).")
        var checkpoint: String?

        func run() throws {
            let configuration = try options.read()
            let heads = WitnessHeads(configuration)
            let lock = try heads.lock()
            let known = try heads.read()
            let offered = try offered(configuration)
            let new = offered.filter { !known.contains($0) }
            let evidence = HeadEvidence(
                directory: try journal.directory(configuration), heads: known + new, offered: new.count,
                asJSON: output.json)
            _ = try evidence.require(pinnedRoot: try journal.pinnedRoot(configuration))
            if !new.isEmpty { try heads.write(known + new) }
            lock.unlock()
            show(offered.map(\.checkpoint), new: new.count, remembered: known.count + new.count)
            Terminal.say(
                new.isEmpty
                    ? "remembered already; \(Plain.counted(known.count, "head")), in the journal as remembered"
                    : "remembered; \(known.count + new.count) heads, all in the journal")
        }

        private func show(_ offered: [Checkpoint], new: Int, remembered: Int) {
            if output.json {
                let heads = offered.map { checkpoint in
                    JSONValue.object([
                        "epoch": .integer(checkpoint.epoch), "size": .integer(checkpoint.size),
                        "head": .string(checkpoint.head.hex),
                    ])
                }
                Terminal.json(["heads": .array(heads), "new": .integer(new), "remembered": .integer(remembered)])
            } else {
                for checkpoint in offered {
                    Terminal.data("\(checkpoint.epoch) \(checkpoint.size) \(checkpoint.head)")
                }
            }
        }

        private func offered(_ configuration: Configuration) throws -> [SignedCheckpoint] {
            guard let checkpoint else {
                let path = try journal.directory(configuration).checkpointPath
                guard pathExists(path) else {
                    throw Complaint(
                        "the journal has no checkpoint",
                        hint: try configuration.readsReplica()
                            ? "devjournal deliver -- COMMAND fetches the journal and remembers its head"
                            : "devjournal checkpoint signs one", .notFound)
                }
                return try WitnessHeads.parse(try readFile(path, limit: 1 << 16), "\(path)")
            }
            let file =
                checkpoint == "-"
                ? try OpenFile("/dev/stdin", .readOnly) : try OpenFile(FilePath(checkpoint), .readOnly)
            return try WitnessHeads.parse(
                try file.readToEnd(limit: 1 << 20), checkpoint == "-" ? "standard input" : checkpoint)
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "accept", abstract: "Accept a cut: the server was lost, and records remembered here with it.",
            discussion: """
                Prints the heads that are given up and the journal's, records witness.accepted with this workstation's \
                key, and keeps the heads given up in WS_STATE/heads.superseded. If a replica still has the lost \
                records, rebuild the server with devjournal rebuild --from-mirror --witness instead: nothing is lost \
                then. A fork is never accepted.
                On a workstation apart from the server, COMMAND reaches the server as in devjournal deliver: the \
                replica goes on with the server's lines, those it held beyond are kept in WS_STATE/replica.lost, what \
                the workstation said in them is pending again, and witness.accepted waits in its outbox.

                Exit status: 0 accepted, or nothing to accept · 1 a fork, a journal that is too short · 2 COMMAND \
                failed · 7 no journal, no key
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Option(help: "Why, for the journal.")
        var reason: String?
        @Argument(parsing: .postTerminator, help: "What reaches the server (default: the journal on this machine).")
        var command: [String] = []

        func run() async throws {
            let configuration = try options.read()
            if command.isEmpty { return try acceptHere(configuration) }
            try await CutAcceptance(
                workstation: try Workstation(configuration), heads: WitnessHeads(configuration), reason: reason,
                asJSON: output.json
            ).run(command)
        }

        /// For a machine that holds the journal itself.
        private func acceptHere(_ configuration: Configuration) throws {
            if try configuration.readsReplica() {
                throw Complaint(
                    "this needs the server's journal; a workstation has a replica of it",
                    hint: "devjournal witness accept -- COMMAND, the one of devjournal deliver", .notFound)
            }
            let heads = WitnessHeads(configuration)
            let lock = try heads.lock()
            let known = try heads.read()
            let evidence = HeadEvidence(
                directory: configuration.server.journal, heads: known, offered: 0, asJSON: output.json)
            let findings = try evidence.require(
                pinnedRoot: try configuration.server.pinnedRoot(), acceptingCuts: true)
            var superseded: [SignedCheckpoint] = []
            var base = Int.max
            for (head, finding) in zip(known, findings) {
                guard case .cut(let lost) = finding else { continue }
                superseded.append(head)
                base = min(base, lost)
            }
            guard !superseded.isEmpty else {
                Terminal.say(
                    "there is nothing to accept: the journal has what is remembered, \(Plain.counted(known.count, "head"))"
                )
                if output.json { Terminal.json(WitnessAcceptance.nothing) }
                return
            }
            guard let author = try configuration.authorKey() else { throw JournalError.keyMissing(.author) }
            var journal = try configuration.openJournal()
            let signed = try journal.signedHead()
            if !output.json { WitnessAcceptance.show(superseded, signed) }
            try heads.keepSuperseded(superseded)
            try record(superseded, base: base, author, configuration, &journal)
            try heads.write(known.filter { !superseded.contains($0) } + [try journal.writeCheckpoint()])
            journal.close()
            lock.unlock()
            if output.json { Terminal.json(WitnessAcceptance.json(superseded, signed, base: base, kept: nil)) }
            Terminal.say(
                "records above \(base) that were remembered are given up; their heads are kept in "
                    + "\(heads.supersededPath)")
        }

        /// Once: a run that was interrupted behind this finds the event.
        private func record(
            _ superseded: [SignedCheckpoint], base: Int, _ author: JournalKey, _ configuration: Configuration,
            _ journal: inout Journal
        ) throws {
            let data = WitnessAcceptance.data(
                superseded, base: base, epoch: journal.replay.verifier.epoch, reason: reason)
            var isRecorded = false
            _ = try configuration.replay { record, _ in
                isRecorded =
                    isRecorded
                    || record.event.isOf(.witnessAccepted) && record.event.author == author.id
                        && record.event.data["superseded"] == data["superseded"]
            }
            if isRecorded { return }
            let event = NewEvent(.witnessAccepted, by: .author, data)
            Outcome.hasRecorded(try journal.append([Claim.on(event)], author: author))
            try configuration.server.projections.write(of: journal.replay, in: journal.directory)
        }
    }
}

/// The journal that a witness looks at: a replica of its own, or the server's.
struct WitnessedJournal: ParsableArguments {
    @Option(
        help: "The directory of the journal or replica (default: LS_ROOT/journal, on a workstation WS_STATE/replica).")
    var journal: String?
    @Option(help: "The fingerprint of the root that must vouch for it.")
    var root: String?

    func directory(_ configuration: Configuration) throws -> JournalDirectory {
        if let journal { return JournalDirectory(FilePath(journal)) }
        return try ReadableJournal(configuration).directory
    }

    func pinnedRoot(_ configuration: Configuration) throws -> KeyID? {
        guard let root else { return journal == nil ? try ReadableJournal(configuration).pinnedRoot : nil }
        guard let id = KeyID(root) else {
            throw Complaint("\(root) is no fingerprint", hint: "32 lower-case hex digits", .usage)
        }
        return id
    }
}

/// Heads held against a journal; what does not fit is shown with both signed heads.
struct HeadEvidence {
    let directory: JournalDirectory
    let heads: [SignedCheckpoint]
    /// How many of them, at the end, are not remembered yet.
    let offered: Int
    let asJSON: Bool

    func require(pinnedRoot: KeyID?, acceptingCuts: Bool = false) throws -> [HeadFinding] {
        let compared = try directory.compare(heads, pinnedRoot: pinnedRoot)
        for (index, head) in heads.enumerated() {
            let isOffered = index >= heads.count - offered
            switch compared.findings[index] {
            case .agrees: continue
            case .cut(let base):
                if acceptingCuts { continue }
                show(head, compared.replay)
                throw Complaint(
                    "a newer epoch starts after record \(base), below the \(Self.name(isOffered)) head of "
                        + "\(Plain.counted(head.checkpoint.size, "record")): those between were lost",
                    hint: isOffered
                        ? "it is of an older epoch; the journal's own checkpoint can be remembered"
                        : "devjournal rebuild --witness brings them back; devjournal witness accept gives them up",
                    .refused)
            case .damaged(let damage):
                throw complaint(damage, head, isOffered, compared.replay)
            }
        }
        return compared.findings
    }

    private static func name(_ isOffered: Bool) -> String { isOffered ? "new" : "remembered" }

    private func complaint(
        _ damage: Damage, _ head: SignedCheckpoint, _ isOffered: Bool, _ replay: borrowing Replay
    ) -> Complaint {
        let size = head.checkpoint.size
        switch damage.reason {
        case .fork:
            show(head, replay)
            return Complaint(
                "fork: the journal has another history than the \(Self.name(isOffered)) head of \(Plain.counted(size, "record"))",
                hint: "both signed heads were printed; keep them as evidence, and do not write to either side", .damaged
            )
        case .shorterThanHead where isOffered:
            return Complaint(
                "the journal has \(Plain.counted(replay.verifier.size, "record")), the new head \(size)",
                hint: "give a journal that reaches it with --journal", .refused)
        case .shorterThanHead:
            show(head, replay)
            return Complaint(
                "the journal ends with record \(replay.verifier.size), before the remembered head of \(Plain.counted(size, "record"))",
                hint: "it was cut off or restored from an old copy: move its directory away, then devjournal rebuild "
                    + "--from-mirror --kit KIT brings it back",
                .damaged)
        default:
            return Complaint(
                "the \(Self.name(isOffered)) head of \(Plain.counted(size, "record")): \(damage)", .damaged)
        }
    }

    /// The head and what the other side signed: for the same place where there is such a head, else its checkpoint.
    private func show(_ head: SignedCheckpoint, _ replay: borrowing Replay) {
        let other =
            heads.first {
                $0 != head && $0.checkpoint.epoch == head.checkpoint.epoch
                    && $0.checkpoint.size == head.checkpoint.size
            } ?? replay.checkpoint
        if asJSON {
            Terminal.json([
                "remembered": .string(head.note), "other": other.map { .string($0.note) } ?? .null,
            ])
        } else {
            Terminal.exact(head.note)
            if let other { Terminal.exact(other.note) }
        }
        if other == nil {
            Terminal.say(
                "the journal has no checkpoint; its last record is \(replay.verifier.size), "
                    + "head \(replay.verifier.head)")
        }
    }
}
