import DurableFiles
import Machines
import Restoring
import SystemPackage

/// Which version of send streams the server takes, as it said when it was last asked: in WS_STATE/streams.
struct ServersStreams {
    private let path: FilePath

    init(_ machine: Machine) { path = machine.workstationState.appending("streams") }

    /// The first version, until the server has said more.
    var version: Int {
        guard let bytes = try? readFile(path, limit: 16) else { return StreamVersion.oldest }
        return Int(String(decoding: bytes.dropLast(), as: UTF8.self)) ?? StreamVersion.oldest
    }

    func remember(_ version: Int) throws {
        if self.version == version { return }
        try writeFileAtomically(path, Array("\(version)\n".utf8), permissions: .ownerReadWrite)
    }
}
