// The encrypted copy of everything in an object store, and the way back from it.
//
// A push stores data, then the records that speak of it, in pieces, then the checkpoint. The checkpoint's conditional PUT is the only
// commit point: before it nothing counts, after it everything does. Keys hold the SHA-256 of what is stored, so the
// leftover of an interrupted push is in nobody's way (`MirrorLayout`).
//
//     Push        compare with the checkpoint (PushAgreement), artifacts, new lines (PushedLines, PiecePlan), MirrorCommit
//     PushJournal  the journal alone, again and again while it grows; MirroredHead: what was committed last
//     Takeover    a new epoch is claimed by the same conditional PUT: the old server can write no more
//     MirrorFetch, MirrorReader   what is there, verified while it arrives: the lines backwards from the checkpoint's head
//                 (MirroredLines, SegmentDownload), then what continues it (BeyondCheckpoint)
//     Check/  Costs/  Examination/   is it all there; what does it cost; can this store be a mirror at all
//
// Nothing is called missing, damaged or foreign before it was read twice.
