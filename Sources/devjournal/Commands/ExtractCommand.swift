import ArgumentParser
import Backup
import Browsing
import JournalFormat
import Machines
import SystemPackage

struct ExtractCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Bring files of a month out of the artifacts into a directory of any file system.",
        discussion: """
            Brings back contents, modes, times, extended attributes, links, holes, FIFOs and sockets, and as root owners \
            and devices. Needs neither Btrfs nor root. Without PATH all of the month comes out, and is compared with its \
            tree hash where the file system holds all of it; what it does not hold is named. PATH is a path from the \
            snapshot's top on, which brings what is below it, or a pattern as devjournal find takes it.
            Each file is compared with the signed listing before it gets its name. One that differs, or that lies in a \
            damaged artifact, is named and left out; the others come out, and are synced to the disk. A file that stands \
            in DIR already is never replaced without --overwrite; what an earlier run has brought is kept, so an \
            interrupted one is continued. Nothing is written through a symbolic link below DIR.
            It runs on the server, whose journal records which files were read (restore.released). On a workstation it asks \
            the server over ssh for the parts of artifacts that are needed, and for the catalogues that are not here, by the \
            rules of a restore: where RELEASE=confirm is set somebody at the server has to allow it (devjournal release), \
            and the server's journal records what leaves. Where what is wanted is a pattern and the month's catalogue is not \
            here, the names of the month come first: two records. With --from-mirror it runs on any machine that has the \
            recovery kit: then the parts are fetched from the mirror, nothing is recorded, and it says how many bytes were \
            fetched.

            Exit status: 0 all of it came out · 1 a file did not, or an artifact or a catalogue is damaged · 2 failed, \
            such as a full disk · 4 all that DIR's file system can hold came out, but some object could not be made, or the \
            tree as a whole differs · 6 something else is in the way in DIR, or the server refused: nobody there has \
            allowed it · 7 no such month or path, or a file of the repository is missing · 8 the key or passphrase does \
            not open it · 9 the mirror refused or cannot be reached · 11 the server cannot be reached, or the line broke: \
            run it again · 12 another ssh host key answers than the one that was paired · 64 usage
            """)

    @OptionGroup var options: BrowsingOptions
    @OptionGroup var output: JSONOption
    @Argument(help: "latest, 2026-01 or dev@2026-01.")
    var label: String
    @Argument(help: "What is wanted of it (default: all).")
    var path: [String] = []
    @Option(help: ArgumentHelp("The directory to put it into, made where it is missing.", valueName: "dir"))
    var to: String
    @Flag(help: "Replace files that are there.")
    var overwrite = false

    func validate() throws {
        if to.isEmpty { throw ValidationError("--to takes a directory") }
        if path.contains("") { throw ValidationError("an empty PATH names nothing; leave it out for all of the month") }
    }

    func run() async throws {
        var months = try options.months()
        defer { if !output.json { months.tellTraffic() } }
        let machine = months.machine
        let label = try machine.label(label, in: months.state)
        try await months.bringFiles(path, of: label)
        let extraction = Extraction(months.shelf, try months.release(), machine.reporter)
        let result = try extraction.run(
            Extraction.Request(label, path, to: FilePath(to), overwrites: overwrite))
        if output.json {
            Terminal.json(ExtractionText.json(result, label, to, months.mirror?.traffic))
        } else {
            tell(result, label)
        }
        try judge(result, label)
    }

    private func tell(_ result: ExtractionResult, _ label: Label) {
        for failure in result.failures { Terminal.warn(ExtractionText.line(failure)) }
        for line in result.losses.lines { Terminal.warn(line) }
        Terminal.say(ExtractionText.summary(result, label, to))
        switch result.tree {
        case .equal: Terminal.say("the tree is the one that was sealed, compared as a whole")
        case .differs(let objects, let count):
            Terminal.warn(
                "the tree differs from the one that was sealed in \(Plain.counted(count, "object")): \(objects)")
        case .notCompared(let why):
            Terminal.say("each file is the one that was sealed; the tree was not compared as a whole: \(why)")
        }
    }

    private func judge(_ result: ExtractionResult, _ label: Label) throws {
        if !result.failures.isEmpty {
            let labels = Set(result.failures.flatMap(\.labels)).sorted()
            let artifacts = labels.isEmpty ? "" : "; see the artifacts of \(Plain.list(labels.map(\.description)))"
            throw Complaint(
                "\(Plain.counted(result.failures.count, "object")) of \(label) did not come out\(artifacts)",
                hint: "on LS: devjournal scrub --repair, then run it again: what is there is kept", .damaged)
        }
        if result.losses.hasMissingObjects {
            throw Complaint(
                "some objects of \(label) could not be made in \(to)",
                hint: "devices need root; what else is named above needs a file system that knows it, such as ext4",
                .warnings)
        }
        if case .differs = result.tree {
            throw Complaint(
                "the tree in \(to) is not the one of \(label) as a whole",
                hint: "each file was compared by itself; devjournal tree --list shows the rest", .warnings)
        }
    }
}
