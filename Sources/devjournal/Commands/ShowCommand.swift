import ArgumentParser
import Backup
import JournalFormat
import JournalStore
import Machines
import VisibleText

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Explain one record: its place, its keys, its data.")

    @OptionGroup var options: ConfigurationOption
    @OptionGroup var output: JSONOption
    @Argument(help: "The record's sequence number.")
    var seq: Int

    func validate() throws {
        guard seq >= 1 else { throw ValidationError("records count from 1") }
    }

    func run() throws {
        let machine = try options.load()
        var found: (record: Record, line: String)?
        // Reading up to this record and no further makes it the head, whose signatures are checked.
        let journal = try ReadableJournal(machine)
        let replay = try journal.replay(upTo: max(seq, 1), signatures: .all) { record, line in
            if record.seq == seq { found = (record, String(copying: line)) }
        }
        guard let (record, line) = found else {
            throw Complaint(
                "there is no record \(seq); the journal has \(replay.verifier.size)", hint: "devjournal log lists them",
                .notFound)
        }
        if output.json {
            Terminal.exact(line)
            return
        }
        let keyring = replay.verifier.keyring
        func key(_ id: KeyID) -> String {
            "\(VisibleText.line(keyring[id]?.name ?? "?")) (\(keyring[id]?.role.rawValue ?? "?") \(id))"
        }
        let event = record.event
        Terminal.lines(
            """
            record     \(record.seq), epoch \(record.epoch), at \(record.ts)
            sha256     \(record.hash)
            sequenced  by \(key(record.kid)): signature good
            event      \(event.type) (schema \(event.schema)), id \(event.id)
            said       by \(key(event.author)) at \(event.ts): signature good
            """)
        for member in event.data.members {
            Terminal.data("  \(member.key): \(member.value.text)")
        }
    }
}
