// A label brought back: received as a snapshot, and a working copy made of it.
//
// A restore is a chain of artifacts, the anchor first. Each is opened against the signed journal, received where its stream
// can reach nothing else, looked at, made durable, compared with the tree that was sealed, and only then given its name and
// recorded. Whatever interrupts it, the next run clears up what has no name yet and continues from the last snapshot
// that has one.
//
// Root works by labels alone: `RootSteps` are done here, or by the helper that the server's user may run as root. What
// root works on lies where nobody else can put another thing, or is worked on by descriptors.
//
//     Btrfs        subvolumes, by btrfs-progs and by the kernel's calls; a test passes others
//     Trees        a tree's hash, while a person sees how far it is
//     Receiving    one stream into one snapshot: the opener, the room, the cage, the space, the checks
//     WorkingCopy  the plain, writable copy: made aside, exchanged in one step; the one before is kept
//     Root         what needs root, and how it is asked for
//     Server       restore, preview, stock commands, release, withdrawal
//     Snapshots    CODE and its month's snapshot
//     Workstation  what a workstation asks back, and by whose word it takes it
//
// Arrows go from a later line to earlier ones. A step throws an `OperationError` of its folder.
