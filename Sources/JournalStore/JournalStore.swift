// A journal on a disk: appended to by many processes, read by anyone, never rewritten.
//
// `JournalDirectory` says where the files are: segments of up to 4,096 lines, `checkpoint`, `cache/`. `Replay` reads and
// judges all lines; `JournalCache` lets an append know what it must without reading them; `JournalFollower` follows
// a growing journal. `Journal` is the writer: open it under its lock, append an `EventBatch`, let it go. A line leaves a
// process only after it is durable.
//
// A workstation has no journal but a `Replica` of one, with a `ReplicaPin` (which journal, which root vouches) and the
// heads that it remembers, and an `Outbox` of events that it has signed and the server has not recorded yet. A
// `DeliveryRound` exchanges them with the server.
//
// This module knows lines and keys. What the events of a journal mean is a `JournalState`, passed in with the directory:
// `BackupJournal` passes that of backups.
//
// What must never happen, and what prevents it:
// - a record acknowledged and lost: `fdatasync` before anybody learns of it; after one that failed nobody appends;
// - half a line taken for one: a torn tail is kept aside, cut off, and journalled;
// - two histories: `prev`, signatures, remembered heads; a sequencer whose mirror shows a newer epoch stops.
