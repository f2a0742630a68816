import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import Machines

extension ReplicaCommand {
    struct Succeed: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "succeed",
            abstract: "The server and its recovery kit are lost: set the old journal aside, and pin its successor.",
            discussion: """
                Replica, outbox, remembered heads and spool move to WS_STATE/before/LOG, where LOG is the old \
                journal's id, and are kept for ever; the workstation's key and its snapshots stay. The command names \
                the events that were pending: they were signed for the old journal and cannot be delivered to another \
                one. The first delivery checks the new journal against the old replica; if the new one does not name \
                a head of the old one, nothing is delivered.

                Exit status: 0 pinned, also where it was before · 6 nothing to succeed: no journal is pinned yet · 64 \
                wrong usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(help: "The new journal's id.")
        var log: String
        @Option(help: "The new root's fingerprint.")
        var root: String

        func run() throws {
            let machine = try options.read()
            let pin = try Pin.pin(log: log, root: root)
            let files = WorkstationFiles(machine.workstationState)
            guard let old = try Workstation.pin(machine) else {
                throw Complaint(
                    "this workstation knows no journal yet, so there is none to succeed",
                    hint: "devjournal replica pin", .refused)
            }
            guard old.log != pin.log else {
                guard old == pin else {
                    throw Complaint(
                        "journal \(pin.log) is pinned already, with root \(old.root)", hint: "devjournal replica pin",
                        .refused)
                }
                return Terminal.say("journal \(pin.log) is pinned already; nothing changed")
            }
            let heads = try WitnessHeads(machine).lock()
            let lock = try FileLock(files.replicaLock)
            let told = Self.pending(files, old)
            try files.succeed(old, by: pin)
            lock.unlock()
            heads.unlock()
            let aside = files.predecessor(old.log).directory
            Terminal.say("all that is known of journal \(old.log) is kept in \(aside)")
            for line in told { Terminal.warn(line) }
            Terminal.say("journal \(pin.log) is pinned, with root \(pin.root)")
        }

        /// What is lost with the old journal, looked at before it is put aside.
        private static func pending(_ files: WorkstationFiles, _ old: ReplicaPin) -> [String] {
            var lines: [String] = []
            do {
                let outbox = try files.outbox.read(log: old.log)
                let pending = outbox.pending(recorded: try files.view(pin: old, outbox: outbox).recorded)
                if !pending.isEmpty {
                    lines.append(
                        "\(Plain.counted(pending.count, "event")) of the outbox can never be delivered: signed for the "
                            + "old journal, and not recorded in it as far as this workstation knows")
                }
                lines += pending.map { "lost: \($0.event.type) \(RecordStory.summary($0.event)), said \($0.event.ts)" }
            } catch {
                lines.append("which events were still pending is not known: \(Complaint(error).message)")
            }
            if let names = try? namesInDirectory(files.spool), !names.isEmpty {
                lines.append(
                    "the spool held \(Plain.counted(names.count, "file")), sealed to a key that is lost: nobody can open what is "
                        + "in there, and it may be deleted by hand")
            }
            return lines
        }
    }
}
