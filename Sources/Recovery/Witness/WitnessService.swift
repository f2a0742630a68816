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
            let answer = try CurlSession.post(
                body, to: url, seconds: Self.seconds, longestAnswer: Self.longestAnswer)
            return WitnessAnswer(
                status: answer.head.status, contentType: answer.head["content-type"], body: answer.body)
        } catch {
            throw .outOfReach(url, error.description)
        }
    }
}
