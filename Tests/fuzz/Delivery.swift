import Digest
import JournalFormat

/// A delivery and an answer have one spelling each: what is read is written as it came, and nothing that is read goes
/// beyond its limits. The first byte says which of the two the rest is.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzDelivery(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard let kind = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    if kind & 1 == 0 {
        if let delivery = try? Delivery(parsing: bytes) { check(delivery, bytes) }
    } else if let answer = try? DeliveryAnswer(parsing: bytes) {
        check(answer, bytes)
    }
    return 0
}

private func check(_ delivery: Delivery, _ bytes: [UInt8]) {
    require(delivery.bytes == bytes, "a delivery is written as it was read")
    require(delivery.heads.count <= Delivery.maximumHeads, "heads are few")
    require(delivery.events.count <= Delivery.maximumEvents, "events are limited")
    require(zip(delivery.heads, delivery.heads.dropFirst()).allSatisfy { $0.size > $1.size }, "sizes descend")
    for event in delivery.events {
        require(!event.contains(UInt8(ascii: "\n")), "an event is one line")
        // What the judge does first with whatever bytes there are.
        if let layout = try? EventLayout(event.span) {
            require((try? layout.event(in: event.span)) != nil, "an event that was laid out can be read")
        }
    }
}

private func check(_ answer: DeliveryAnswer, _ bytes: [UInt8]) {
    require(answer.bytes == bytes, "an answer is written as it was read")
    require(answer.reach <= answer.checkpoint.checkpoint.size, "the lines stay below the checkpoint")
    require(answer.events.isEmpty || answer.isWhole, "events are answered by a whole answer only")
    for line in answer.lines { require(line.last == UInt8(ascii: "\n"), "a line ends with LF") }
    for event in answer.events {
        switch event {
        case .recorded(let seq): require(seq >= 1, "records are counted from 1")
        case .later(let why), .never(let why):
            require(why.text.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "an explanation cannot steer a terminal")
        }
    }
}
