import Testing

@testable import Sealing

private struct Refused: Error, Equatable { let number: Int }

/// Lanes that add one to the first byte of each block, slower on some than on others, and refuse `bad`.
private func lanes(_ count: Int, depth: Int, refusing bad: Int = -1) -> BlockLanes<Refused> {
    BlockLanes(count: count, depth: depth) { input, output in
        do throws(Refused) {
            while var block = try input.receive() {
                let number = Int(block.bytes[0])
                if number == bad { throw Refused(number: number) }
                if number.isMultiple(of: 3) { for _ in 0..<1000 { block.bytes[0] &+= 255 } }
                block.bytes[0] = UInt8(number + 1)
                try? output.send(block)
            }
        } catch {
            output.fail(error)
        }
    }
}

@Suite("Lanes")
struct BlockLanesTests {
    @Test("what comes out is in the order of what went in", arguments: [1, 2, 5], [1, 3])
    func order(count: Int, depth: Int) throws {
        var lanes = lanes(count, depth: depth)
        var results: [UInt8] = []
        for number in 0..<UInt8(100) {
            if lanes.isFull, var done = try lanes.take() {
                results.append(done.bytes[0])
                lanes.giveBack(&done)
            }
            var buffer = lanes.emptyBuffer(of: 4)
            buffer[0] = number
            lanes.give(Block(bytes: buffer, count: 4))
        }
        let wasFull = lanes.isFull
        #expect(wasFull)
        while let done = try lanes.take() { results.append(done.bytes[0]) }
        #expect(results == Array(1...100))
        let isFull = lanes.isFull
        #expect(!isFull)
    }

    @Test("a failure comes in its turn, and what is given after it does no harm")
    func failure() throws {
        var lanes = lanes(2, depth: 1, refusing: 4)
        var results: [UInt8] = []
        do {
            for number in 0..<UInt8(20) {
                if lanes.isFull, let done = try lanes.take() { results.append(done.bytes[0]) }
                lanes.give(Block(bytes: [number], count: 1))
            }
            Issue.record("the failure is lost")
        } catch {
            #expect(error == Refused(number: 4))
        }
        #expect(results == [1, 2, 3, 4])
    }

    @Test("a lane that leaves with work not taken is not waited for")
    func left() {
        var lanes = lanes(3, depth: 2)
        for number in 0..<UInt8(6) { lanes.give(Block(bytes: [number], count: 1)) }
        let isFull = lanes.isFull
        #expect(isFull)
    }
}
