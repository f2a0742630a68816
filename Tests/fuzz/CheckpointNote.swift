import Digest
import JournalFormat
import Sodium

private let key: JournalKey = {
    var seed = SHA256.hash(Array("devjournal fixture key LS".utf8).span).bytes
    return JournalKey(Ed25519.SigningKey(seed: SecretBytes(moving: &seed)), role: .sequencer)
}()

/// A note has one spelling, alone and among others, and a checkpoint that was read can be signed and read again.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzCheckpointNote(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = fuzzInput(start, count)
    let (notes, refusal) = SignedCheckpoint.parseLeading(bytes)
    let written = notes.flatMap { Array($0.note.utf8) }
    require(bytes.starts(with: written), "notes are written as they were read")
    require((refusal == nil) == (written.count == bytes.count && !notes.isEmpty), "what is left over is refused")
    for note in notes {
        require((try? SignedCheckpoint(note: Array(note.note.utf8))) == note, "each note stands alone as well")
        _ = note.isSigned(by: key.publicKey)
        let signed = SignedCheckpoint(note.checkpoint, due: note.due, signedBy: key.key)
        guard let again = try? SignedCheckpoint(note: Array(signed.note.utf8)) else {
            fatalError("a note that was made cannot be read")
        }
        require(again == signed && again.isSigned(by: key.publicKey), "a note keeps what was signed")
        let more = signed.adding(note.signatures)
        require((try? SignedCheckpoint(note: Array(more.note.utf8))) == more, "more signatures make a note")
        require(more.isSigned(by: key.publicKey), "no other signature takes the sequencer's place")
        require(more.merged(with: note).checkpoint == note.checkpoint, "what is merged says the same")
    }
    if let alone = try? SignedCheckpoint(note: bytes) {
        require(notes == [alone] && refusal == nil, "one note is one of many")
    }
    return 0
}
