import ArgumentParser
import JournalFormat
import JournalStore
import Machines

struct OutboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outbox", abstract: "On the workstation: its own events, and what became of them.",
        subcommands: [List.self, Repair.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the workstation's events: recorded, refused or pending.",
            discussion: """
                The events that the replica does not contain and the server has not refused are pending. Nothing is \
                ever removed from the outbox.

                Exit status: 0 printed · 1 the replica is damaged · 4 printed, but the outbox has a damaged line · 7 \
                no journal is pinned · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @OptionGroup var output: JSONOption
        @Flag(help: "Only those that are pending.")
        var pending = false

        func run() throws {
            let workstation = try Workstation(try options.read())
            let outbox = try workstation.files.outbox.read(log: workstation.pin.log)
            let view = try workstation.files.view(pin: workstation.pin, outbox: outbox)
            for entry in outbox.entries {
                let place = outbox.place(of: entry, recorded: view.recorded)
                if pending, place != .pending { continue }
                show(entry.event, place)
            }
            workstation.warn(outbox)
            if !outbox.damaged.isEmpty { throw ExitCode(ExitStatus.warnings.rawValue) }
        }

        private func show(_ event: Event, _ place: OutboxContents.Place) {
            var object: JSONObject = [
                "id": .string(event.id.description), "type": .string(event.type), "ts": .string("\(event.ts)"),
            ]
            let state: String
            switch place {
            case .pending:
                state = "pending"
                object["state"] = .string(state)
            case .recorded(let seq):
                state = "recorded \(seq)"
                object["state"] = .string("recorded")
                object["seq"] = .integer(seq)
            case .refused(let why):
                state = "refused (\(why.text))"
                object["state"] = .string("refused")
                object["reason"] = .string(why.name)
                object["text"] = .string(why.text)
            }
            if output.json {
                Terminal.json(object)
            } else {
                Terminal.data("\(event.id)  \(event.ts)  \(event.type)  \(RecordText.summary(event))  \(state)")
            }
        }
    }

    struct Repair: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "repair",
            abstract: "Make outbox and replica writable again after a write the disk did not confirm.",
            discussion: """
                Their last files are written again, because after a failed sync the kernel may show bytes that never \
                reached the disk. The replica is verified first; what it lacks comes with the next delivery.

                Exit status: 0 both are in order · 1 the replica is damaged · 2 failed · 7 no journal is pinned · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption

        func run() throws {
            let workstation = try Workstation(try options.read())
            let outbox = try workstation.files.outbox.rewriteAfterFailedSync()
            let replica =
                try workstation.files.replica.hasRecords()
                && workstation.files.replica.rewriteAfterFailedSync(
                    lock: workstation.files.replicaLock, pinnedRoot: workstation.pin.root, isReplica: true)
            _ = try OpenedReplica(workstation.files, pin: workstation.pin, heads: [])
            Terminal.say(outbox || replica ? "written again; both are in order" : "outbox and replica are in order")
        }
    }
}
