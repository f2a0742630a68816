import Digest
import Foundation
import JournalFixtures
import JournalFormat
import Testing

@Suite("Deliveries and answers, as bytes")
struct DeliveryTests {
    private let log: EventID
    private let lines: [[UInt8]]
    private let note: SignedCheckpoint

    init() throws {
        lines = try Fixtures.lines("good-month")
        let first = lines[0]
        log = try RecordLayout(first.span).log
        note = try SignedCheckpoint(
            note: [UInt8](try Fixtures.text("good-month/checkpoint").utf8))
    }

    private func head(_ size: Int) -> Delivery.Head {
        let line = lines[size - 1]
        return Delivery.Head(size: size, hash: SHA256.hash(line.span))
    }

    @Test("A delivery is read as it was written")
    func delivery() throws {
        for delivery in [
            Delivery(log: log, heads: [], events: []),
            Delivery(log: log, heads: [head(7), head(6), head(1)], events: [Array("{}".utf8), [], [0xff, 0]]),
        ] { #expect(try Delivery(parsing: delivery.bytes) == delivery) }
    }

    @Test("An answer is read as it was written")
    func answer() throws {
        let why = EventAnswer.Explanation("unknown-type", "caf\u{e9}\n\u{1b}[2J")
        #expect(why.text == "caf???[2J")
        let answer = DeliveryAnswer(
            log: log, from: 5, checkpoint: note, events: [.recorded(seq: 8), .later(why), .never(why)],
            lines: Array(lines[5...]))
        #expect(try DeliveryAnswer(parsing: answer.bytes) == answer)
        #expect(answer.isWhole && answer.reach == 8)
        let part = DeliveryAnswer(log: log, from: 5, checkpoint: note, events: [], lines: [lines[5]])
        #expect(try DeliveryAnswer(parsing: part.bytes) == part)
        #expect(!part.isWhole)
    }

    @Test("The document's examples are a delivery and an answer")
    func examples() throws {
        func bytes(_ name: String) throws -> [UInt8] {
            [UInt8](try String(contentsOf: Fixtures.folder.appending(path: "deliveries/\(name)"), encoding: .utf8).utf8)
        }
        let delivery = try Delivery(parsing: try bytes("good-month.delivery"))
        #expect(delivery.heads == [head(4), head(3), head(1)] && delivery.events.count == 2)
        let answer = try DeliveryAnswer(parsing: try bytes("good-month.answer"))
        #expect(answer.from == 4 && answer.isWhole && answer.lines == Array(lines[4...]))
        #expect(answer.events.first == .recorded(seq: 5))
        #expect(answer.bytes == (try bytes("good-month.answer")))
    }

    @Test("The heads a replica names grow apart, from its own to the first record")
    func sizes() {
        #expect(Delivery.sizes(of: 0) == [])
        #expect(Delivery.sizes(of: 1) == [1])
        #expect(Delivery.sizes(of: 8) == [8, 7, 5, 1])
        #expect(Delivery.sizes(of: 10) == [10, 9, 7, 3, 1])
        #expect(Delivery.sizes(of: (1 << 53) - 1).count <= Delivery.maximumHeads)
    }

    @Test(
        "What is not a delivery is refused",
        arguments: [
            "", "\n", "devjournal-delivery-v2 L\nheads 0\nevents 0\n", "devjournal-delivery-v1 L\nheads 0\n",
            "devjournal-delivery-v1 L\nheads 00\nevents 0\n", "devjournal-delivery-v1 L\nheads 65\nevents 0\n",
            "devjournal-delivery-v1 L\nheads 0\nevents 4097\n", "devjournal-delivery-v1 L\nheads 0\nevents -1\n",
            "devjournal-delivery-v1 L\nheads 0\nevents 9007199254740992\n",
            "devjournal-delivery-v1 L\nheads 0\nevents 1\n", "devjournal-delivery-v1 L\nheads 0\nevents 1\nx",
            "devjournal-delivery-v1 L\nheads 0\nevents 0\n\n", "devjournal-delivery-v1  L\nheads 0\nevents 0\n",
            "devjournal-delivery-v1 L \nheads 0\nevents 0\n", "devjournal-delivery-v1 L\nheads 1\n0 H\nevents 0\n",
            "devjournal-delivery-v1 L\nheads 2\n1 H\n2 H\nevents 0\n",
            "devjournal-delivery-v1 L\nheads 1\n1 h\nevents 0\n", "devjournal-delivery-v1 L\r\nheads 0\nevents 0\n",
        ])
    func bad(_ text: String) {
        let text = text.replacing("L", with: "\(log)").replacing("H", with: String(repeating: "0", count: 64))
        #expect(throws: MessageError.self) { try Delivery(parsing: Array(text.utf8)) }
    }

    @Test("No prefix of an answer is one, and no change of its frame goes unnoticed")
    func badAnswers() throws {
        let answer = DeliveryAnswer(
            log: log, from: 7, checkpoint: note, events: [.recorded(seq: 8)], lines: Array(lines[7...]))
        let bytes = answer.bytes
        for end in 0..<bytes.count {
            let isAnswer = (try? DeliveryAnswer(parsing: Array(bytes[..<end]))) != nil
            if isAnswer { Issue.record("\(end) bytes are an answer") }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        for (old, new) in [
            ("from 7", "from 8"), ("from 7", "from 6"), ("from 7", "from 07"), ("recorded 8", "recorded 0"),
            ("recorded 8", "recorded"), ("recorded 8", "never"), ("recorded 8", "never x"), ("recorded 8", "never X y"),
            ("events 1", "events 2"), ("lines 1", "lines 0"), ("lines 1", "lines 2"), ("head ", "Head "),
            ("recorded 8", "later x \u{e9}"),
        ] {
            let changed = text.replacing(old, with: new, maxReplacements: 1)
            #expect(throws: MessageError.self, "\(new)") { try DeliveryAnswer(parsing: Array(changed.utf8)) }
        }
    }
}
