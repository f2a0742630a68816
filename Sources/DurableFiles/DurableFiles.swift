// Files that are whole or not there, also after a crash, and that another user cannot steer.
//
// Writing: `writeFileAtomically`, `writeNewFile`, `UnfinishedFile`, `FreshCopy`. Each makes the bytes durable before the
// name, and the name durable before it returns. Reading: `OpenFile` owns a descriptor, follows no symbolic link and waits
// for no pipe unless it is asked to; `readPrivateFile` refuses a secret that others may read. `FileLock` is a kernel lock
// that ends with its process; waiting for one names its holder. Whatever comes from another machine is read with a limit
// and a `Patience`.
//
// Every failure is a `FileFailure`: what was tried, on which path, and why it failed.
