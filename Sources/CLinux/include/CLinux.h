// Calls of Linux that Swift cannot import: variadic functions, macros, names behind _GNU_SOURCE.
#ifndef CLINUX_H
#define CLINUX_H

#include <dirent.h>
#include <sys/stat.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/xattr.h>

/// `errno` is a macro.
int clinux_errno(void);
void clinux_set_errno(int value);

/// An entry's name: Swift would see an array of 256 values.
const char *clinux_name(const struct dirent *entry);

/// Seconds since 1970 of a date as HTTP writes it (RFC 9110, 5.6.7: `Wed, 25 Nov 2026 12:04:20 GMT`); -1 for anything
/// else. strptime(3) and timegm(3), which the Glibc module does not have.
long clinux_http_date(const char *text);

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

/* mallopt(3): threads started from now on take memory from the heap there is. What one thread takes and another gives
   back would otherwise stay with the one that took it. */
void clinux_share_one_heap(void);

/// No core file, and no look into this process by others of the same user: keys stay here.
int clinux_keep_memory_private(void);

/// From now on SIGINT and SIGTERM do not kill: they make a wait return early and are told by the second call.
void clinux_end_on_signals(void);
int clinux_end_was_asked(void);

/// adjtimex(2): whether the kernel holds the clock for synchronised, as it does where NTP keeps it.
int clinux_clock_is_synchronised(void);

/// sched_getaffinity(2): the cores that this process may use; 1 where that cannot be told.
int clinux_available_cores(void);

/* pidfd_open(2) and pidfd_send_signal(2) with SIGKILL: a process that is held so is that one and no other, whatever
   becomes of its number. */
int clinux_open_process(pid_t process);
int clinux_kill_process(int process);

// What a walk through a tree needs. Names are bytes that end with a zero; no call follows a symbolic link.

/// openat(2) with O_NOFOLLOW and O_CLOEXEC, tried again after a signal.
int clinux_open_at(int directory, const unsigned char *name, int flags);

/// fstatat(2) with AT_SYMLINK_NOFOLLOW.
int clinux_status_at(int directory, const unsigned char *name, struct stat *status);

/// getdents64(2): `struct linux_dirent64` one after the other.
ssize_t clinux_entries(int directory, unsigned char *buffer, size_t size);

/// readlinkat(2)
ssize_t clinux_link_target_at(int directory, const unsigned char *name, unsigned char *target, size_t size);

/// llistxattr(2) and lgetxattr(2) beneath a directory, by way of /proc/self/fd.
ssize_t clinux_attributes_at(int directory, const unsigned char *name, unsigned char *list, size_t size);
ssize_t clinux_attribute_at(int directory, const unsigned char *name, const unsigned char *key, unsigned char *value,
                            size_t size);

/// sync_file_range(2): writing of that part begins; nothing is waited for.
int clinux_begin_writing(int descriptor, int64_t offset, int64_t count);

/// FS_IOC_GETFLAGS: the inode flags that chattr(1) sets.
int clinux_inode_flags(int descriptor, unsigned int *flags);

/// fstatfs(2): whether the descriptor is on Btrfs; -1 on failure.
int clinux_is_btrfs(int descriptor);

/// The parts of a device number are macros.
unsigned int clinux_major(dev_t device);
unsigned int clinux_minor(dev_t device);

#endif
