// What becomes of an artifact on a machine: made, registered, checked, mended, imported, exported, fetched, pushed.
//
// An operation is given a `Machine` (its places, and clock, reporter and programs to use), throws an `OperationError`
// and returns what a command prints. Its order is always the same: read the journal, decide, write the file durably,
// record, write the projections. A file is registered only as an inode that is ours alone, hashed after it was made:
// the sender can no longer change it. A damaged file is kept next to the sound one that takes its place, never
// destroyed.
