import Backup
import DurableFiles
import JournalFormat
import Machines
import Restoring
import ScratchSpace
import Sealing
import Serving
import SystemPackage
import TestMachines
import TestRestoring

/// A server, and what a workstation gets when it asks.
package struct AskedServer: Sendable {
    package let server: TestMachine
    /// Root's part of its restores.
    package let steps = RememberingSteps()

    package init(_ settings: [String] = []) throws { server = try TestMachine.server(settings) }

    package var machine: Machine { server.machine }

    /// What comes back: bytes on the wire, and the line that the command prints.
    package struct Answer {
        package let bytes: [UInt8]
        package let line: String?

        package var object: JSONObject? { try? JSONValue(parsing: bytes.dropLast()).object }
    }

    /// - Parameter author: nil for the workstation's key.
    package func ask(_ text: String, sending message: [UInt8] = [], by author: KeyID? = nil) async throws -> Answer {
        let input = server.folder.appending("asked")
        let output = server.folder.appending("answered")
        try plant(input, message)
        try plant(output)
        let client = ServedClient(
            input: try FileDescriptor.open(input, .readOnly), output: try FileDescriptor.open(output, .writeOnly))
        let host = ServedWorkstation.Host(
            version: "1.0", release: RestoreRelease(machine) { _ in }, root: steps, isRoot: false, endProcess: {},
            complain: { error in
                server.reporter.warn("\(error)")
                return 2
            })
        let session = ServedSession(try FileLock(server.folder.appending("session")))
        let served = ServedWorkstation(machine, author: author ?? server.author.id, client, host)
        let line = try await served.answer(try ServedRequest(text, dataset: "dev"), session)
        return Answer(bytes: contents(output) ?? [], line: line)
    }

    /// What stands for ssh on its workstation: the last word of a command is what it asks. What the server refuses, it ends
    /// with 2.
    package func overSSH(_ command: [String], _ message: [UInt8]) async -> CommandExchange.Answer {
        do {
            return .init(bytes: try await ask(command.last ?? "", sending: message).bytes, status: .exited(0))
        } catch {
            server.reporter.warn("\(error)")
            return .init(bytes: [], status: .exited(2))
        }
    }

    /// Every line from that record on.
    package func lines(from first: Int) throws -> [UInt8] {
        var lines: [UInt8] = []
        _ = try machine.replay { record, line in
            if record.seq >= first { for index in line.indices { lines.append(line[index]) } }
        }
        return lines
    }
}
