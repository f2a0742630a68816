package import JournalFormat
import Synchronization

/// What the root helper prints: `{"opened":BYTES}` now and then, `{"listing":TEXT}` for each piece of a listing, and last
/// its answer. It is taken while it arrives, in whatever pieces.
package final class HelperAnswer: Sendable {
    package static let longestLine = 1 << 16

    private struct State {
        var line: [UInt8] = []
        var value: JSONValue?
        var isTooLong = false
        /// Whether the last whole line says more than how far it is, be it nonsense.
        var isAnswered = false
    }

    private let state = Mutex(State())
    private let progress: @Sendable (UInt64) -> Void
    private let listing: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - progress: told each number of bytes that the helper says it has opened.
    ///   - listing: gets the pieces of a listing.
    package init(
        _ progress: @escaping @Sendable (UInt64) -> Void, listing: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) {
        self.progress = progress
        self.listing = listing
    }

    /// The last whole line; nil where that was not JSON, or one was longer than a line may be.
    package var value: JSONValue? { state.withLock { $0.isTooLong ? nil : $0.value } }

    /// Whether the last whole line is an answer, and does not only say how far it is.
    package var isWhole: Bool { state.withLock { $0.isTooLong || $0.isAnswered } }

    /// - Returns: whether more is wanted; not after a line that was too long.
    package func take(_ bytes: some Sequence<UInt8>) -> Bool {
        state.withLock { state in
            for byte in bytes where !state.isTooLong {
                if byte != UInt8(ascii: "\n") {
                    state.line.append(byte)
                    state.isTooLong = state.line.count > Self.longestLine
                    continue
                }
                state.value = try? JSONValue(parsing: state.line)
                state.line = []
                let opened = state.value?.object?["opened"]?.integer
                let listed = state.value?.object?["listing"]?.string
                state.isAnswered = opened == nil && listed == nil
                if let opened { progress(UInt64(clamping: opened)) }
                if let listed { listing(Array(listed.utf8)) }
            }
            return !state.isTooLong
        }
    }

    package static func progress(_ bytes: UInt64) -> JSONObject { ["opened": .integer(Int(bytes))] }

    package static func listing(_ piece: String) -> JSONObject { ["listing": .string(piece)] }
}

extension Btrfs.Subvolume {
    package var json: JSONObject {
        func text(_ uuid: String?) -> JSONValue { uuid.map { .string($0) } ?? .null }
        return [
            "uuid": .string(uuid), "received_uuid": text(receivedUUID), "parent_uuid": text(parentUUID),
            "read_only": .bool(isReadOnly), "untouched": .bool(isUntouched),
        ]
    }

    package init?(_ object: JSONObject) {
        guard let uuid = object["uuid"]?.string, case .bool(let isReadOnly)? = object["read_only"],
            case .bool(let isUntouched)? = object["untouched"]
        else { return nil }
        self.init(
            uuid: uuid, receivedUUID: object["received_uuid"]?.string, parentUUID: object["parent_uuid"]?.string,
            isReadOnly: isReadOnly, isUntouched: isUntouched)
    }
}
