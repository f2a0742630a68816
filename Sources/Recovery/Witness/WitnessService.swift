internal import Curl

/// What a witness answered, whatever it was.
package struct WitnessAnswer: Sendable, Equatable {
    package let status: Int
    package let contentType: String?
    package let body: [UInt8]

    package init(status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }
}

/// How a request gets to a witness.
package protocol WitnessService {
    /// - Parameter url: of `add-checkpoint`.
    func post(_ body: [UInt8], to url: String) throws(WitnessSubmissionError) -> WitnessAnswer
}

/// Over HTTP, and for no longer and no more than an honest witness needs.
package struct HTTPWitnessService: WitnessService {
    /// Bytes of an answer: sixteen signature lines, and room.
    private static let longestAnswer = 1 << 16
    /// For the whole request.
    private static let seconds = 30

    package init() {}

    package func post(_ body: [UInt8], to url: String) throws(WitnessSubmissionError) -> WitnessAnswer {
        do throws(CurlError) {
            var limits = CurlSession.Limits()
            limits.body = Self.longestAnswer
            limits.errorBody = Self.longestAnswer
            limits.seconds = Self.seconds
            let request = HTTPRequest(
                method: "POST", url: url, headers: [("Content-Type", "text/plain; charset=utf-8")])
            let answer = try CurlSession(CurlSession.Options(timeout: Self.seconds))
                .perform(request, body: WholeBody(body), limits)
            return WitnessAnswer(
                status: answer.head.status, contentType: answer.head["content-type"], body: answer.body)
        } catch {
            throw .outOfReach(url, error.description)
        }
    }
}

/// A body that is in memory.
private final class WholeBody: HTTPBodySource {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var length: Int64 { Int64(bytes.count) }

    @safe func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count = min(buffer.count, bytes.count - position)
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
        }
        position += count
        return count
    }

    func rewind() { position = 0 }
}
