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
        let found = try FoundRecord(seq, in: try ReadableJournal(machine))
        if output.json {
            Terminal.exact(found.line)
            return
        }
        let (record, keyring) = (found.record, found.keyring)
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
