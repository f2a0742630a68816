import ArgumentParser
import Backup
import DurableFiles
import Machines
import Restoring

struct SetAsideCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-aside",
        abstract: "On the workstation: set aside its copies of labels that were withdrawn on the server.",
        discussion: """
            Its artifact moves below spool/withdrawn/, its snapshot gets the name LABEL.withdrawn-UUID; an artifact \
            that starts from another label than the next one must start from moves below spool/outdated/. Nothing is \
            deleted. The scripts of the month run this command. It prints what it did, or nothing. Needs root if the \
            snapshots are root's.

            Exit status: 0 done · 2 failed · 6 SNAPSHOTS or WS_STATE is a place that others than root may write · 7 \
            no journal · 64 usage
            """)

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
        let machine = try options.read()
        try RootPlaces(machine).requireWorkstation()
        try await WithdrawnHere(machine).setAside(try machine.state())
    }
}
