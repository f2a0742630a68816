import Foundation
import JournalFormat

private let note: SignedCheckpoint = {
    let text = "fixtures/journals/good-cosigned/checkpoint"
    guard let bytes = try? String(contentsOfFile: text, encoding: .utf8),
        let note = try? SignedCheckpoint(note: Array(bytes.utf8))
    else { fatalError("run from the repository: there is no \(text)") }
    return note
}()

/// Of a witness's answer nothing is taken that it has not signed, and a policy asks for no less the fewer have signed.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzWitnessTexts(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = fuzzInput(start, count)
    if let policy = try? WitnessPolicy(parsing: bytes) {
        let (all, none) = (policy.judge(note), policy.judge(note.alone))
        require(none.cosigners.isEmpty, "who has not signed does not count")
        require(all.hasQuorum || !none.hasQuorum, "more cosignatures are worth no less")
        for witness in policy.witnesses {
            require(VerifierKey(witness.key.description) == witness.key, "a key has one spelling")
        }
        let taken = note.alone.cosignatures(in: Array(note.note.utf8), by: policy.witnesses.map(\.key))
        require(taken.count == all.cosigners.count, "what a policy counts is what is kept of an answer")
    }
    let keys = VerifierKey(String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)).map { [$0] } ?? []
    let answer = Array(bytes.drop { $0 != 10 }.dropFirst())
    for line in note.alone.cosignatures(in: answer, by: keys) {
        require(keys.contains { note.alone.adding([line]).cosigned(by: $0) != nil }, "only what is signed is kept")
    }
    return 0
}
