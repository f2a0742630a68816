import DurableFiles
import JournalFormat
package import SystemPackage

/// The client that is served, and has only so much time. Nobody holds a lock while he is written to or waited for.
package struct ServedClient: Sendable {
    /// A minute without a byte ends a request, and so does less than a kilobyte a second for longer.
    static let patience = Patience(silence: 60)

    private let input: FileDescriptor
    private let output: FileDescriptor

    /// Both are closed once all is read, or written.
    package init(input: FileDescriptor, output: FileDescriptor) {
        self.input = input
        self.output = output
    }

    /// Over ssh.
    package static var standard: ServedClient { ServedClient(input: .standardInput, output: .standardOutput) }

    // MARK: To him

    func answer(_ object: JSONObject) throws(ServingError) {
        try answer(Array((JSONValue.object(object).text + "\n").utf8))
    }

    func answer(_ bytes: [UInt8]) throws(ServingError) {
        var answer = begin()
        try answer.send(bytes)
        try answer.finish()
    }

    /// An answer in pieces.
    func begin(_ patience: Patience = patience) -> Answer { Answer(output, patience) }

    struct Answer: ~Copyable {
        private var output: PatientOutput

        fileprivate init(_ descriptor: FileDescriptor, _ patience: Patience) {
            output = PatientOutput(OpenFile(adopting: descriptor, path: "standard output"), patience)
        }

        mutating func send(_ bytes: [UInt8]) throws(ServingError) {
            do throws(FileFailure) { try output.write(bytes.span) } catch { throw Self.error(error) }
        }

        consuming func finish() throws(ServingError) {
            do throws(FileFailure) { try output.close() } catch { throw Self.error(error) }
        }

        private static func error(_ failure: FileFailure) -> ServingError {
            .answerNotTaken(failure.errno == .timedOut ? "nothing was read for too long" : "\(failure)")
        }
    }

    // MARK: From him

    /// All that he sends.
    func message(limit: Int) throws(ServingError) -> [UInt8] {
        do throws(FileFailure) {
            return try OpenFile(adopting: input, path: "standard input").readToEnd(limit: limit, Self.patience)
        } catch {
            switch error.errno {
            case .fileTooLarge: throw .deliveryTooLong
            case .timedOut: throw .deliveryNotArrived
            default: throw .inputUnreadable("\(error)")
            }
        }
    }

    /// A message in parts.
    func reading() -> Message { Message(input) }

    struct Message: ~Copyable {
        private let input: OpenFile

        fileprivate init(_ descriptor: FileDescriptor) {
            input = OpenFile(adopting: descriptor, path: "standard input")
        }

        /// Nil where he ends before the line does, or it is longer than that.
        func line(limit: Int) throws(FileFailure) -> [UInt8]? {
            try input.readLine(limit: limit, ServedClient.patience)
        }

        /// Copies what he sends, and takes no more than that many bytes.
        func copy(to file: borrowing OpenFile, limit: Int) throws(FileFailure) -> Int {
            try input.copy(to: file, limit: limit, ServedClient.patience)
        }

        /// All that is left.
        func rest(limit: Int) throws(FileFailure) -> [UInt8] {
            try input.readToEnd(limit: limit, ServedClient.patience)
        }
    }
}
