import JournalFormat
import Synchronization

/// How the root helper hands out a tree's listing: its text, which is ASCII, in lines of JSON.
final class HelperListing: Sendable {
    /// Of the text in one line; in JSON it is at most twice as long.
    private static let pieceSize = HelperAnswer.longestLine / 4

    private let waiting = Mutex<[UInt8]>([])
    private let write: @Sendable (String) -> Void

    /// - Parameter write: puts a line out.
    init(_ write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    func append(_ text: [UInt8]) {
        waiting.withLock { waiting in
            waiting += text
            while waiting.count >= Self.pieceSize {
                put(waiting[..<Self.pieceSize])
                waiting.removeFirst(Self.pieceSize)
            }
        }
    }

    func finish() {
        waiting.withLock { waiting in
            if !waiting.isEmpty { put(waiting[...]) }
            waiting = []
        }
    }

    private func put(_ piece: ArraySlice<UInt8>) {
        write(JSONValue.object(HelperAnswer.listing(String(decoding: piece, as: UTF8.self))).text)
    }
}
