import ArgumentParser
import Backup
import BackupJournal
import Glibc
import JournalFormat
import JournalStore
import Machines
import Restoring
import Serving

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "On the server: answer a workstation, on standard input and output.",
        subcommands: [Deliver.self, OverSSH.self])

    struct Deliver: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "deliver", abstract: "Record a workstation's events and send it the lines it lacks.",
            discussion: """
                Reads one delivery (journal-format.md, "Deliveries") from standard input and answers on standard \
                output. Events are facts: only their signature, their author's role and whether projections can read \
                them are judged, and one bad event stops no other. Events beyond the author's daily quota \
                (AUTHOR_EVENTS_PER_DAY, AUTHOR_BYTES_PER_DAY) are answered `later`. Unless the journal holds the \
                workstation's head, nothing is recorded. Projections are written again.

                Exit status: 0 answered · 1 the journal is damaged · 2 failed: nothing is recorded, or the answer was \
                not taken · 6 a delivery for another journal, or not a delivery · 7 no journal
                """)

        @OptionGroup var options: ConfigurationOption

        func run() throws { try ServedDelivery(try options.load(), .standard).run() }
    }

    struct OverSSH: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ssh",
            abstract: "As sshd's forced command: serve what one workstation may ask, and nothing else.",
            discussion: """
                In authorized_keys, one line for each workstation:

                  restrict,command="/usr/local/bin/devjournal serve ssh --author KEYID" ssh-ed25519 …

                What the client wants to run is one of:

                  hello                    who answers, as JSON
                  deliver                  a delivery on standard input
                  exchange                 the same, and first what the server has registered and lacks
                  settle                   the end of a handover: registers what rsync has brought, in that order, \
                lets the working copy follow, and answers a delivery
                  lines SEQ                the journal's lines from that record on
                  plan LABEL               the chain that brings a label (or latest) back, as JSON
                  rsync --server …         receives one artifact into tmp/incoming, resuming what is there
                  register NAME            takes it into the repository, if it is what was sealed
                  follow LABEL             the server's working copy follows the label
                  read LABEL               catalogues of its chain, and frames of it that files lie in, as a line of JSON \
                on standard input says
                  restore LABEL [AFTER]    the send streams of its chain, those after AFTER, on standard output

                KEYID is the workstation's author key: once it is retired, nothing is served, and devjournal key \
                retire ends what is being served. At most 8 requests of one key are answered at a time. \
                RELEASE=confirm makes a restore or a reading wait for devjournal release on the server, and each is \
                recorded before the first byte leaves.

                No lock is held while the server writes to a client or waits for it, except the one that keeps two \
                rsyncs from one file. A client that neither reads nor writes for 60 s, or moves less than 1,000 bytes \
                a second for longer, is disconnected; rsync and a reading wait 600 s, and a restore 12 hours, because a \
                workstation compares whole trees before it continues to read.

                Exit status: 0 served · 1 damaged · 2 failed · 6 not served, or refused · 7 not found · 8 wrong key · \
                11 not now: run it again
                """)

        @OptionGroup var options: ConfigurationOption
        @Option(help: "The id of the workstation's author key.")
        var author: String

        func run() async throws {
            let machine = try options.load()
            guard let author = KeyID(author) else { throw ServingError.notAKey(author) }
            guard let wanted = unsafe getenv("SSH_ORIGINAL_COMMAND") else { throw ServingError.noRequest }
            let request = try ServedRequest(unsafe String(cString: wanted), dataset: machine.dataset)
            guard try machine.server.journal.hasRecords() else {
                throw JournalError.missing(machine.server.journal.path)
            }
            let session = try machine.server.sessions.begin(author)
            let host = ServedWorkstation.Host(
                version: Devjournal.version, release: .ofThisProcess(machine), root: machine.rootSteps(),
                endProcess: { Glibc.exit(ExitStatus.failed.rawValue) }, complain: { Complaint.tell($0) })
            let served = ServedWorkstation(machine, author: author, .standard, host)
            if let line = try await served.answer(request, session) { Terminal.exact(line) }
        }
    }
}
