import ArgumentParser
import Backup
import DurableFiles
import JournalFormat
import JournalStore
import SystemPackage

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "On the server: answer a workstation, on standard input and output.",
        subcommands: [Deliver.self])

    struct Deliver: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deliver", abstract: "Record a workstation's events and send it the lines it lacks.",
            discussion: """
                Reads one delivery (journal-format.md, "Deliveries") from standard input and answers on standard \
                output. Events are facts: only their signature, their author's role and whether projections can read \
                them are judged, and one bad event stops no other. Unless the journal holds the workstation's head, \
                nothing is recorded. Projections are written anew.

                Exit status: 0 answered · 1 the journal is damaged · 2 failed: nothing is recorded, or the answer was \
                not taken · 6 a delivery for another journal, or none at all · 7 no journal
                """)

        @OptionGroup var options: ConfigurationOption

        func run() throws {
            let configuration = try options.load()
            let delivery = try read()
            let answer = try answer(delivery, configuration)
            do throws(FileFailure) {
                let output = OpenFile(adopting: .standardOutput, path: "standard output")
                try output.write(answer.bytes.span)
                try output.close()
            } catch {
                throw Complaint(
                    "the answer was not taken: \(error)", hint: "what was recorded stays; the next delivery finds it",
                    .failed)
            }
        }

        private func read() throws -> Delivery {
            // Read to its end before the journal is locked: a slow sender must not stop others.
            let bytes: [UInt8]
            do throws(FileFailure) {
                bytes = try OpenFile(adopting: .standardInput, path: "standard input").readToEnd(
                    limit: Delivery.maximumLength)
            } catch {
                throw Complaint(error.errno == .fileTooLarge ? "the delivery is too long" : "\(error)", .refused)
            }
            do throws(MessageRefusal) { return try Delivery(parsing: bytes) } catch {
                throw Complaint("this is no delivery: \(error)", hint: "devjournal deliver makes one", .refused)
            }
        }

        /// Holds the lock no longer than the work on the journal takes.
        private func answer(_ delivery: Delivery, _ configuration: Configuration) throws -> DeliveryAnswer {
            var journal = try configuration.openJournal()
            guard delivery.log == journal.log else {
                throw Complaint("the delivery is for journal \(delivery.log), not for this one", .refused)
            }
            let before = journal.size
            let answer = try journal.answer(delivery)
            if journal.size > before {
                // The events are recorded; their sender must hear of it, whatever becomes of the projections.
                do { try configuration.writeProjections(of: journal) } catch { Terminal.warn(Complaint(error).message) }
            }
            return answer
        }
    }
}
