internal import Digest
package import JournalFormat

/// What is to be done with a delivered event.
package enum DeliveryVerdict: Sendable, Equatable {
    case record
    /// The same event stands in the journal already.
    case recorded(seq: Int)
    /// The same event came earlier in the same delivery; counted from 0.
    case repeats(index: Int)
    case later(EventAnswer.Explanation)
    case never(EventAnswer.Explanation)
}

/// Judges delivered events one by one, in their order.
///
/// A delivered event is a fact: it has happened, whatever the policies say of it now. So only this is asked: is it an
/// event of this journal, made by a workstation's key that may say such a thing, and can projections read it? All that
/// is let through here the verifier lets through, too.
package struct DeliveryJudge: Sendable {
    /// An event that stands in the journal.
    package struct Standing: Sendable {
        package let seq: Int
        package let bytes: [UInt8]

        package init(seq: Int, bytes: [UInt8]) {
            self.seq = seq
            self.bytes = bytes
        }
    }

    private let log: EventID
    private let keyring: Keyring
    private let standing: [EventID: Standing]
    private var state: BackupState
    private var taken: [EventID: (index: Int, bytes: [UInt8])] = [:]
    private var count = 0

    /// - Parameter standing: the events of the journal whose ids are among the delivered ones.
    package init(log: EventID, keyring: Keyring, state: BackupState, standing: [EventID: Standing]) {
        self.log = log
        self.keyring = keyring
        self.state = state
        self.standing = standing
    }

    package mutating func judge(_ bytes: [UInt8]) -> DeliveryVerdict {
        defer { count += 1 }
        guard bytes.count <= SignedEvent.maximumLength else {
            return .never(.init("too-large", "\(bytes.count) bytes; at most \(SignedEvent.maximumLength) are allowed"))
        }
        let layout: EventLayout
        let event: Event
        do throws(FormatError) {
            layout = try EventLayout(bytes.span)
            event = try layout.event(in: bytes.span)
        } catch {
            return .never(.init(error.reason))
        }
        if let known = standing[event.id] {
            return known.bytes == bytes ? .recorded(seq: known.seq) : .never(Self.idTaken)
        }
        if let known = taken[event.id] {
            return known.bytes == bytes ? .repeats(index: known.index) : .never(Self.idTaken)
        }
        if let refused = refusal(of: event, layout, bytes) { return refused }
        taken[event.id] = (count, bytes)
        return .record
    }

    private static let idTaken = EventAnswer.Explanation(
        "id-taken", "its id stands in the journal with other content")

    private mutating func refusal(of event: Event, _ layout: EventLayout, _ bytes: [UInt8]) -> DeliveryVerdict? {
        guard layout.log == log else { return .never(.init(.log)) }
        guard let author = keyring[event.author] else { return .later(.init(.unknownKey)) }
        guard author.role == .author else { return .never(.init(.role)) }
        guard author.retiredAt == nil else { return .never(.init(.retiredKey)) }
        guard layout.isSigned(in: bytes.span, by: author.key) else { return .never(.init(.eventSignature)) }
        guard let type = EventType(event.type) else { return .never(.init(.syntax)) }
        guard type.isUserDefined || type.isKnown && event.schema == 1 else {
            return .later(
                .init(
                    Reason.unknownType.rawValue,
                    "the server does not know \(event.type) of schema \(event.schema); it may after an update"))
        }
        guard type.mayBeAuthored(by: .author) else { return .never(.init(.role)) }
        var next = state
        do throws(ProjectionError) {
            try evolve(
                &next,
                Record(
                    seq: state.seq + 1, epoch: 1, ts: state.lastTime, kid: event.author, event: event,
                    hash: SHA256Digest()))
        } catch {
            return .never(.init("unreadable-data", error.message))
        }
        state = next
        return nil
    }
}
