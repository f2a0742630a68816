import ArgumentParser
import Backup
import Browsing
import DurableFiles
import JournalFormat
import Machines
import SystemPackage

struct CatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat",
        abstract: "Print a file of a month, out of the artifacts, without a restore.",
        discussion: """
            Only those frames of the month's chain are read and opened in which the file lies. All of it is compared with \
            the signed listing before the first byte is printed, and the journal records which file was read \
            (restore.released). Needs neither Btrfs nor root. --verbose says how many bytes of artifacts it took.
            On a workstation it asks the server over ssh for these frames, and for the catalogues that are not here, by the \
            rules of a restore: where RELEASE=confirm is set somebody at the server has to allow it (devjournal release), \
            and the server's journal records what leaves. What arrives is compared with what a workstation that is trusted \
            here has signed, and nothing of it stays. With --from-mirror it runs on any machine that has the recovery kit: \
            then the frames are fetched from the mirror, nothing is recorded, and it says how many bytes were fetched.

            Exit status: 0 printed · 1 an artifact or a catalogue is damaged, or the file is not what was sealed · 2 failed \
            · 6 not a regular file, or the server refused: nobody there has allowed it · 7 no such month or path, or a file \
            of the repository is missing · 8 the key or passphrase does not open it · 9 the mirror refused or cannot be \
            reached · 11 the server cannot be reached, or the line broke: run it again · 12 another ssh host key answers \
            than the one that was paired · 64 usage
            """)

    @OptionGroup var options: BrowsingOptions
    @Argument(
        help: ArgumentHelp("A month and a path in it: latest:README, 2026-01:src/main.swift.", valueName: "label:path"))
    var place: String
    @Flag(name: .shortAndLong, help: "Say how many bytes of artifacts were read.")
    var verbose = false

    func run() async throws {
        var months = try options.months()
        defer { months.tellTraffic() }
        let machine = months.machine
        let place = try PathInLabel(place, machine, months.state)
        try await months.bringFiles([ShownPath.text(place.path)], of: place.label, isOneFile: true)
        let reading = FileReading(months.shelf, try months.release())
        let result = try reading.read(place) { piece in
            try unsafe piece.withUnsafeBytes { bytes in
                _ = try attempt("write", "standard output") { try unsafe FileDescriptor.standardOutput.writeAll(bytes) }
            }
        }
        if verbose {
            machine.reporter.say(
                "\(Plain.bytes(result.bytes)) out of \(Plain.bytes(result.bytesRead)) of artifacts")
        }
    }
}
