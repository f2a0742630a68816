internal import Dispatch
internal import JournalFormat

/// Events that are signed on another core while the first of them are put in order: unlike records, they do not rest
/// on each other.
struct EventsBeingSigned {
    private static let atOnce = 64

    let count: Int
    private let pieces: SharedPieces<[SignedEvent]>
    private var piece: [SignedEvent] = []
    private var next = 0

    init(_ events: [UnsignedEvent]) {
        count = events.count
        let atOnce = Self.atOnce
        let pieceCount = (events.count + atOnce - 1) / atOnce
        pieces = SharedPieces(count: pieceCount) { index in
            events[(index * atOnce)..<min((index + 1) * atOnce, events.count)].map { $0.signed() }
        }
        guard pieceCount > 1, JournalDirectory.availableCores > 1 else { return }
        DispatchQueue.global().async { [pieces] in pieces.runAhead(1..<pieceCount) }
    }

    /// The next one in order.
    mutating func nextSigned() -> SignedEvent {
        let place = next % Self.atOnce
        if place == 0 { piece = pieces.take(next / Self.atOnce) }
        next += 1
        return piece[place]
    }
}
