import ArgumentParser
import Machines
import Restoring
import SystemPackage

/// Synchronous: what is unshared is unshared for one thread, the one that the process began with.
struct ReceiveInCageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receive-in-cage",
        abstract: "btrfs receive, from standard input, where it can reach nothing else.",
        discussion: """
            For restores. Needs root. Receives into DIRECTORY, in mounts of its own, without devices, links or \
            programs there, and without capabilities that it does not need.

            Exit status: that of btrfs receive · 2 there is no such cage here: nothing was received · 64 usage
            """, shouldDisplay: false)

    @Option(help: "The most bytes that a file may have, holes included.")
    var largestFile: Int
    @Argument var directory: String

    func run() throws {
        let status = try ReceivingCage(staging: FilePath(directory), largestFile: largestFile).receive { line in
            switch line {
            case .of(let text): Terminal.repeated(text)
            case .more: Terminal.say("btrfs receive says more, which is left out")
            }
        }
        if status != 0 { throw SaidElsewhereError(status: status) }
    }
}
