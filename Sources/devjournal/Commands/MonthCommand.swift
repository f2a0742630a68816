import ArgumentParser
import Machines
import Months
import SystemPackage

struct MonthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "month", abstract: "On the workstation, for the scripts: the two halves of a month.",
        discussion: """
            Between them the script sends files with rsync. What is to be done is printed as fields, a line each: a word, \
            a blank, and to the line's end its value.
            """, subcommands: [Begin.self, End.self])

    struct Begin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take, seal and announce what is due, hear the server, and say what is to be sent.",
            discussion: """
                Without --whole only the month's artifact is made. With --whole its snapshot is taken first, and what was \
                taken before and has not reached the server comes before it: `more yes` says to run this again \
                afterwards. Prints:

                  artifact PATH   of that month
                  file PATH       to be handed over, in this order
                  follow yes      the server's working copy has to follow
                  more yes        the month itself is still to come
                  damaged N       files of that month that are not what they were, though nothing changed them

                If LS_HOST names the server, one ssh session carries events both ways. Nothing printed but `artifact` \
                says that nothing is left to do.

                Exit status: 0 said · 1 a file is not what was sealed · 2 failed · 6 refused, or the server does not \
                admit this workstation's key · 7 no snapshot, no journal · 11 sealed, but the server cannot be reached or \
                takes it later · 12 another ssh host key answers · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Argument(help: "2026-01 or dev@2026-01.")
        var label: String
        @Flag(help: "The whole month: its snapshot, and the months that wait.")
        var whole = false
        @Flag(help: "A full artifact, which needs no parent, whatever is due.")
        var full = false
        @Option(help: "How large the month's artifact will be at most.")
        var expectBytes: Int?
        @Flag(help: "Begin even if it is not expected to fit on the disk.")
        var ignoreSpace = false
        @Flag(help: "Say what would be done.")
        var dryRun = false

        func run() async throws {
            let machine = try options.read()
            let wishes = MonthRun.Wishes(
                isWhole: whole, isFull: full, expectBytes: expectBytes, ignoresSpace: ignoreSpace, isDry: dryRun)
            let steps = try await MonthRun(try machine.month(label), machine, wishes, version: Devjournal.version)
                .begin()
            if let artifact = steps.artifact { Terminal.exact("artifact \(artifact)") }
            for file in steps.files { Terminal.exact("file \(file)") }
            if steps.follows { Terminal.exact("follow yes") }
            if steps.hasMore { Terminal.exact("more yes") }
            if steps.damaged > 0 { Terminal.exact("damaged \(steps.damaged)") }
        }
    }

    struct End: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the server register what it was sent, and take its receipts.",
            discussion: """
                One ssh session: the files' catalogues go along, the artifacts are registered in this order, with \
                --follow the working copy then follows the label, and the records of all that come back. What is safe \
                elsewhere (KEEP_SPOOL) leaves the spool.

                Exit status: 0 done · 1 a file is not what was sealed · 2 failed · 6 refused · 7 no journal · 10 \
                registered, and the working copy was not updated · 11 not now: run it again · 12 another ssh host key \
                answers · 64 usage
                """)

        @OptionGroup var options: ConfigurationOption
        @Argument(help: "2026-01 or dev@2026-01.")
        var label: String
        @Argument(help: "The artifacts that were sent.", completion: .file())
        var files: [String] = []
        @Flag(help: "The server's working copy follows the label.")
        var follow = false
        @Flag(help: "It ends a whole month.")
        var whole = false

        func run() async throws {
            let machine = try options.read()
            let run = try MonthRun(
                try machine.month(label), machine, MonthRun.Wishes(isWhole: whole), version: Devjournal.version)
            guard try await run.end(files.map { FilePath($0) }, follow: follow) else {
                throw SaidElsewhereError(status: ExitStatus.workingCopyBehind)
            }
        }
    }
}
