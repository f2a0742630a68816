import DurableFiles
import JournalFormat
import SystemPackage

/// The client that is served, on standard input and output, and has only so much time. Nobody holds a lock while he is
/// written to or waited for.
struct ServedClient: ~Copyable {
    /// A minute without a byte ends a request, and so does less than a kilobyte a second for longer.
    static let patience = Patience(silence: 60)

    private var output = PatientOutput(
        OpenFile(adopting: .standardOutput, path: "standard output"), ServedClient.patience)

    mutating func send(_ bytes: [UInt8]) throws {
        do throws(FileFailure) { try output.write(bytes.span) } catch { throw Self.complaint(error) }
    }

    consuming func finish() throws {
        do throws(FileFailure) { try output.close() } catch { throw Self.complaint(error) }
    }

    static func answer(_ object: JSONObject) throws {
        var client = ServedClient()
        try client.send(Array((JSONValue.object(object).text + "\n").utf8))
        try client.finish()
    }

    /// All that he sends.
    static func message(limit: Int) throws -> [UInt8] {
        do throws(FileFailure) {
            return try OpenFile(adopting: .standardInput, path: "standard input").readToEnd(limit: limit, patience)
        } catch {
            switch error.errno {
            case .fileTooLarge: throw Complaint("the delivery is too long", .refused)
            case .timedOut:
                throw Complaint("the delivery did not arrive: nothing was heard for too long", hint: again, .failed)
            default: throw Complaint("\(error)", .refused)
            }
        }
    }

    private static let again = "what was recorded stays; the next delivery finds it"

    private static func complaint(_ failure: FileFailure) -> Complaint {
        guard failure.errno == .timedOut else {
            return Complaint("the answer was not taken: \(failure)", hint: again, .failed)
        }
        return Complaint("the answer was not taken: nothing was read for too long", hint: again, .failed)
    }
}
