// Calls of Linux that Swift cannot import: variadic functions, macros, names behind _GNU_SOURCE.
#ifndef CLINUX_H
#define CLINUX_H

#include <dirent.h>
#include <sys/types.h>
#include <sys/xattr.h>

/// `errno` is a macro.
int clinux_errno(void);
void clinux_set_errno(int value);

/// An entry's name: Swift would see an array of 256 values.
const char *clinux_name(const struct dirent *entry);

/// flock(2): `struct flock` hides the function's name from Swift.
int clinux_flock(int descriptor, int operation);

/// syncfs(2): writes back the whole file system that holds the descriptor.
int clinux_syncfs(int descriptor);

/// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST where the new name is taken.
int clinux_rename_new(const char *from, const char *to);

/// The same with names beneath two open directories.
int clinux_rename_new_at(int from_directory, const char *from, int to_directory, const char *to);

/// renameat2(2) with RENAME_EXCHANGE: both names change places in one step.
int clinux_rename_exchange(const char *one, const char *other);

/// No core file, and no look into this process by others of the same user: keys stay here.
int clinux_keep_memory_private(void);

/// From now on SIGINT and SIGTERM do not kill: they make a wait return early and are told by the second call.
void clinux_end_on_signals(void);
int clinux_end_was_asked(void);

#endif
