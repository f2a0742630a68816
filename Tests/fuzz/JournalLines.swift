import Digest
import JournalFormat
import Sodium

/// A verifier takes a line or stays as it was; what it took is sound for any other verifier, and its own checkpoint
/// fits it.
///
/// The first byte says whether the lines are put on the chain and signed again, by the fixtures' keys, without which
/// a fuzzer gets no further than the first signature it touches.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzJournalLines(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = fuzzInput(start, count)
    guard let mode = input.first else { return 0 }
    let lines = split(input[1...])
    guard lines.count <= 16 else { return 0 }
    var verifier = Verifier(watching: Set(1...16))
    var accepted: [[UInt8]] = []
    for line in lines {
        let line = mode & 1 == 1 ? signed(line, after: verifier.head) : line
        let before = State(verifier)
        do throws(DamageError) {
            try verifier.accept(line.span)
            accepted.append(line)
            require(verifier.size == before.size + 1, "an accepted line is counted")
            require(verifier.head == SHA256.hash(line.span), "the head is the hash of the last line")
        } catch {
            require(State(verifier) == before, "a refused line leaves the verifier as it was")
            require(error.record == before.size + 1, "a line is refused as the next record")
        }
    }
    check(verifier, accepted: accepted)
    return 0
}

/// What can be seen of a verifier.
private struct State: Equatable {
    let size: Int
    let epoch: Int
    let head: SHA256Digest
    let root: SHA256Digest
    let keys: [String]
    let warnings: [Verifier.Warning]
    let lastTime: String

    init(_ verifier: borrowing Verifier) {
        size = verifier.size
        epoch = verifier.epoch
        head = verifier.head
        root = verifier.tree.root()
        keys = verifier.keyring.inOrder.map { "\($0.id) \($0.role) \($0.name) \($0.enrolledAt) \($0.retiredAt ?? 0)" }
        warnings = verifier.warnings
        lastTime = "\(verifier.lastTime)"
    }
}

private func check(_ verifier: borrowing Verifier, accepted lines: [[UInt8]]) {
    var again = Verifier()
    var unsigned = Verifier()
    for line in lines {
        require((try? again.accept(line.span)) != nil, "what was accepted is accepted again")
        require((try? unsigned.accept(line.span, checkingSignatures: false)) != nil, "fewer checks accept no less")
    }
    require(State(again) == State(verifier) && State(unsigned) == State(verifier), "the same lines, the same journal")
    guard let checkpoint = verifier.checkpoint() else { return require(lines.isEmpty, "a journal has a checkpoint") }
    guard let id = verifier.keyring.sequencer, let key = fixtureKeys["\(id)"] else { return }
    do throws(DamageError) {
        let note = SignedCheckpoint(checkpoint, due: .last, signedBy: key.key)
        require(try verifier.compare(note, of: .journal) == nil, "a journal's own checkpoint fits without a warning")
    } catch {
        fatalError("a journal's own checkpoint is refused: \(error)")
    }
}

/// Cuts after each LF.
private func split(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var rest = bytes
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        lines.append(Array(rest[...end]))
        rest = rest[(end + 1)...]
    }
    return rest.isEmpty ? lines : lines + [Array(rest)]
}

/// The line as the next on the chain, signed by the keys it names, where they are known.
private func signed(_ line: [UInt8], after head: SHA256Digest) -> [UInt8] {
    var line = line
    guard let layout = try? RecordLayout(line.span) else { return line }
    let start = #"{"v":1,"log":"\#(layout.log)","epoch":\#(layout.epoch),"seq":\#(layout.seq),"prev":""#.utf8.count
    line.replaceSubrange(start..<start + 64, with: head.hex.utf8)
    let event = layout.event
    sign(&line, event.range.lowerBound..<event.signedEnd, event.signature, "devjournal/event/v1\n", event.author)
    sign(&line, 0..<layout.signedEnd, layout.signature, "devjournal/record/v1\n", layout.kid)
    return line
}

private func sign(_ line: inout [UInt8], _ range: Range<Int>, _ place: Range<Int>, _ domain: String, _ id: KeyID) {
    guard let key = fixtureKeys["\(id)"] else { return }
    let message = Array(domain.utf8) + line[range]
    let signature = key.key.sign(message.span)
    line.replaceSubrange(place, with: Base64.encode(signature).utf8)
}
