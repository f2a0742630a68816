// The journal's bytes and what they mean: journal-format.md in code. Pure: no file, no clock, no randomness.
//
// An *event* is an author's signed claim. A *record* is an event in its place: one line of strict JSON that the
// *sequencer* numbers, chains (`prev` is the SHA-256 of the line before) and signs. A *checkpoint* is the sequencer's
// signed statement of a journal's size, head and Merkle root, as a C2SP signed note.
//
//     line ── RecordLayout, ReadLine ──▶ Record ── Verifier ──▶ may it stand here? what does the Keyring know now?
//     NewEvent ── SignedEvent ── RecordWriter ──▶ line
//
// `Verifier` reads lines in order and throws `DamageError` with a `Reason` at the first that may not stand. It holds no
// line: `VerifierPosition` is all that it needs to continue. Signatures can be left for later (`UncheckedLines`), so that
// other threads check them. Who may sign what is in `Keyring`; key events change it and nothing else does.
//
// What two machines send each other is here, too: `Delivery` and `DeliveryAnswer`, the lines that a person pastes
// (`RootRequest`, `EndorsedRoot`), proofs (`ProofFile`). Every parser formats what it read and compares, so each value
// has one spelling.
