import Backup
import DurableFiles
import JournalFormat
import Machines
import Restoring
import ScratchSpace
import Serving
import SystemPackage
import TestMachines

/// A server, and what a workstation gets when it asks.
struct AskedServer {
    let server: TestMachine

    init(_ settings: [String] = []) throws { server = try TestMachine.server(settings) }

    var machine: Machine { server.machine }

    /// What comes back: bytes on the wire, and the line that the command prints.
    struct Answer {
        let bytes: [UInt8]
        let line: String?

        var object: JSONObject? { try? JSONValue(parsing: bytes.dropLast()).object }
    }

    /// - Parameter author: nil for the workstation's key.
    func ask(_ text: String, sending message: [UInt8] = [], by author: KeyID? = nil) async throws -> Answer {
        let input = server.folder.appending("asked")
        let output = server.folder.appending("answered")
        try plant(input, message)
        try plant(output)
        let client = ServedClient(
            input: try FileDescriptor.open(input, .readOnly), output: try FileDescriptor.open(output, .writeOnly))
        let host = ServedWorkstation.Host(
            version: "1.0", release: RestoreRelease(machine) { _ in }, root: RootHelper(machine), endProcess: {})
        let session = ServedSession(try FileLock(server.folder.appending("session")))
        let served = ServedWorkstation(machine, author: author ?? server.author.id, client, host)
        let line = try await served.answer(try ServedRequest(text, dataset: "dev"), session)
        return Answer(bytes: contents(output) ?? [], line: line)
    }

    /// Every line from that record on.
    func lines(from first: Int) throws -> [UInt8] {
        var lines: [UInt8] = []
        _ = try machine.replay { record, line in
            if record.seq >= first { for index in line.indices { lines.append(line[index]) } }
        }
        return lines
    }
}
