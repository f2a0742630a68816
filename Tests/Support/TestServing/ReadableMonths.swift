import Artifacts
import Backup
import DurableFiles
import HandMadeStreams
import JournalFormat
import Machines
import ScratchSpace
import Sealing
import SystemPackage
import TestMachines
import TreeHash

/// Months that can be read on a server: of streams made by hand, sealed as a workstation seals them, and registered.
extension AskedServer {
    /// The tree that the next month is of.
    package var code: FilePath { server.folder.appending("tree") }

    /// Adds files to the tree and registers the month of it.
    ///
    /// - Parameter parent: of an increment, which has these files alone; a full month has to be the first.
    package func register(_ month: String, _ files: [(name: String, content: [UInt8])], over parent: String? = nil)
        async throws
    {
        let name = TestMachine.name(month, over: parent)
        for file in files { try plant(code.appending(file.name), file.content) }
        let stream = server.folder.appending("stream")
        try plant(stream, Self.stream(name, files))
        try server.takeSnapshot(name.label)
        let options = MonthSealing.Options(
            label: month, type: parent == nil ? "full" : "incr", parent: parent, uuid: TestMachine.uuid(month),
            parentUUID: parent.map { TestMachine.uuid($0) }, source: .stream(stream),
            directory: machine.server.incoming, tree: code, expectedBytes: nil, ignoresSpace: false,
            lacksParent: false, unfitIncrement: nil)
        let snapshots = MonthSealing.Snapshots(
            uuid: { _ in TestMachine.uuid(month) },
            list: { request, text in
                let hash = try TreeHash(request.snapshot, progress: { _ in }) { text.append($0) }
                return TreeListing(tree: hash.digest.hex)
            }, kernel: "6.18")
        _ = try await MonthSealing(options, machine, .journal(machine), snapshots: snapshots, version: "test").run()
        let catalogue = contents(machine.server.incoming.appending(name.label.catalogueName)) ?? []
        _ = try await ask("register \(name)", sending: catalogue)
    }

    private static func stream(_ name: ArtifactName, _ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        func uuid(_ month: String) -> [UInt8] { SubvolumeUUID(TestMachine.uuid(month))?.bytes ?? [] }
        var stream = HandMadeStream()
        stream.begin(
            name: name.label.description, uuid: uuid(name.label.monthText),
            parent: name.kind.parent.map { uuid($0.monthText) })
        for (number, file) in files.enumerated() {
            let path = HandMadeStream.attribute(15, Array(file.name.utf8))
            // BTRFS_SEND_C_MKFILE, then BTRFS_SEND_C_WRITE in pieces as send makes them.
            stream.command(3, path + HandMadeStream.attribute(3, HandMadeStream.little(UInt64(300 + number), 8)))
            for start in stride(from: 0, to: file.content.count, by: 48 << 10) {
                let piece = Array(file.content[start..<min(start + (48 << 10), file.content.count)])
                let place = HandMadeStream.attribute(18, HandMadeStream.little(UInt64(start), 8))
                stream.command(15, path + place + HandMadeStream.attribute(19, piece))
            }
        }
        stream.end()
        return stream.bytes
    }
}
