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

/// flock(2) with LOCK_EX that waits about so many milliseconds, then fails with EINTR; for 0 it waits until a signal.
int clinux_flock_for(int descriptor, long milliseconds);

/// syncfs(2): writes back the whole file system that holds the descriptor.
int clinux_syncfs(int descriptor);

/// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST where the new name is taken.
int clinux_rename_new(const char *from, const char *to);

/// The same with names beneath two open directories.
int clinux_rename_new_at(int from_directory, const char *from, int to_directory, const char *to);

/// renameat2(2) with RENAME_EXCHANGE: both names change places in one step.
int clinux_rename_exchange(const char *one, const char *other);

/// openat2(2) with RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: ELOOP where any component is a symbolic link.
int clinux_open_without_links(int directory, const char *path, int flags);

/// statx(2): whether a mount begins at the descriptor's directory; -1 on failure.
int clinux_is_mount_root(int descriptor);

/// What BTRFS_IOC_GET_SUBVOL_INFO says of the subvolume that holds a descriptor. A UUID of zeros is none.
struct clinux_subvolume {
    unsigned char uuid[16], parent_uuid[16], received_uuid[16];
    uint64_t id, generation, generation_at_creation;
    int is_read_only;
};
int clinux_subvolume(int descriptor, struct clinux_subvolume *found);

/// BTRFS_IOC_TREE_SEARCH_V2 in an open subvolume: items whose keys (inode, type, offset) lie between two, in leaves that
/// were written in that generation or later. All zero but `to` begins it; it moves on by itself.
struct clinux_search {
    uint64_t from_inode, from_offset, to_inode, to_offset, written_from;
    uint8_t from_type, to_type;
    /// Items that one call finds, at most; 0 for as many as there is room for.
    uint32_t at_most;
    /// Nothing follows.
    int is_over;
};
/// Where in the memory the first item begins: 32 bytes (u64 generation of its leaf, u64 inode, u64 offset, u32 type, u32 length), then
/// so many bytes of data, which are little-endian.
enum { clinux_search_start = 112 };
/// The number of items that it has put into the memory, of at least 256 KiB, aligned to 8 bytes; -1 on failure.
long clinux_search(int subvolume, struct clinux_search *search, unsigned char *memory, size_t size);

/// BTRFS_IOC_TREE_SEARCH_V2: whether an inode of the subvolume was written after that generation; -1 on failure. What is
/// not on the disk yet is not seen.
int clinux_changed_since(int subvolume, uint64_t generation);

/// BTRFS_IOC_SNAP_CREATE_V2: a read-only snapshot of the open subvolume, under that name in an open directory.
int clinux_read_only_snapshot(int source, int directory, const char *name);

/// BTRFS_IOC_FS_INFO: the 16 bytes that name the file system.
int clinux_file_system_id(int descriptor, unsigned char *id);

/* mallopt(3): threads started from now on take memory from the heap there is. What one thread takes and another gives
   back would otherwise stay with the one that took it. */
void clinux_share_one_heap(void);

/// No core file, and no look into this process by others of the same user: keys stay here.
int clinux_keep_memory_private(void);

/// Root becomes that user, with its groups, or that group alone where the machine knows no such user. The saved user
/// remains root, so that it can be root again for a moment: -1 on failure.
int clinux_become(uid_t user, gid_t group);

/// Whether this process has become another user so; then 1 makes it root until 0 makes it that user again.
int clinux_has_become(void);
void clinux_be_root(int is_root);

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

/// openat2(2) and fstat(2): what stands under a path beneath a directory. -1 with ELOOP where a symbolic link leads on,
/// with EXDEV where the path leads out of the directory or to another mount; the path may end in a link.
int clinux_status_beneath(int directory, const unsigned char *path, struct stat *status);

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

/// FICLONE (ioctl_ficlone(2)): the target's content becomes the source's, whose extents both then share.
int clinux_clone_file(int target, int source);

/// lseek(2): SEEK_DATA and SEEK_HOLE, which need _GNU_SOURCE.
enum { clinux_seek_data = 3, clinux_seek_hole = 4 };

/// fstatfs(2): whether the descriptor is on Btrfs; -1 on failure.
int clinux_is_btrfs(int descriptor);

/// The parts of a device number are macros.
unsigned int clinux_major(dev_t device);
unsigned int clinux_minor(dev_t device);

// Mounts and rights of a process that takes in what another machine sent (mounts(7), capabilities(7)). Paths are
// looked up below `directory`; an empty one stands for the directory itself. All return -1 on failure.

/// unshare(2): a mount namespace of this process's own, from which nothing reaches others, and for its children numbers of
/// processes of their own: they see and can signal no other, and all end with the first.
int clinux_own_world(void);

/// openat2(2) of a directory, without following symbolic links anywhere in the path.
int clinux_open_directory(int directory, const char *path);

/// open_tree(2): the mount that holds the directory, from there down, attached nowhere; with what is mounted below it
/// where `recursive` is set.
int clinux_clone_mount(int directory, const char *path, int recursive);

/// fsopen(2): an empty tmpfs of at most 1 MiB, attached nowhere; no devices, no set-user-ID.
int clinux_new_tmpfs(void);

/// What a mount may be told to refuse (MOUNT_ATTR_…).
enum {
    clinux_no_writing = 1,
    clinux_no_set_user_id = 2,
    clinux_no_devices = 4,
    clinux_no_execution = 8,
    clinux_no_links = 16
};
/// mount_setattr(2)
int clinux_restrict_mount(int mount, int refused, int recursive);

/// move_mount(2): attaches a mount to a place.
int clinux_attach_mount(int mount, int directory, const char *path);

/// openat(2): a new file that everybody may read.
int clinux_open_new_at(int directory, const char *name);

/// pivot_root(2): that mount is all that this process sees from now on.
int clinux_enter_root(int mount);

/// close_range(2): closes this descriptor and all above it.
int clinux_close_from(unsigned int first);

/// Keeps those of this process's capabilities that `kept` has a bit for, and lets no program that it executes gain
/// others, nor any other privilege.
int clinux_keep_capabilities(uint64_t kept);

/// fork(2) and execvp(3), with standard error in `error` and the environment given; SIGKILL when this process ends.
/// It must be called by a thread that lives as long as the process.
pid_t clinux_spawn(char *const arguments[], char *const environment[], int error);

/// setrlimit(2) of RLIMIT_FSIZE: no file gets larger. The attempt fails with EFBIG and kills nobody.
int clinux_limit_file_size(uint64_t bytes);

/// BTRFS_IOC_SNAP_CREATE_V2: a writable snapshot of the open subvolume, under that name in the open directory.
int clinux_snapshot(int subvolume, int directory, const char *name);

/// BTRFS_IOC_SUBVOL_CREATE: a new subvolume of that name in the open directory.
int clinux_new_subvolume(int directory, const char *name);

/// Takes from an open directory what it has of those above it and would hand on to what is made in it: the compression
/// property, ACLs, the set-group-ID bit and the group. It is this user's alone then.
int clinux_inherit_nothing(int directory);

/// BTRFS_IOC_SET_RECEIVED_SUBVOL and BTRFS_IOC_SUBVOL_SETFLAGS: the open subvolume becomes a read-only one with that
/// received UUID of 16 bytes.
int clinux_finish_as_received(int subvolume, const unsigned char *uuid);

/// BTRFS_IOC_SUBVOL_SETFLAGS: whether nobody can write to the subvolume of that name in the open directory.
int clinux_set_read_only(int directory, const char *name, int is_read_only);

/// Whether another process has something of the subvolume of that name open, mapped, or as its directory: a file that was
/// opened before can be written to though the subvolume is read-only. 1 too where nobody can tell. Needs root.
int clinux_is_open_elsewhere(int directory, const char *name);

/// BTRFS_IOC_SNAP_DESTROY: deletes the subvolume of that name in the open directory.
int clinux_delete_subvolume(int directory, const char *name);

/// BTRFS_IOC_GET_SUBVOL_INFO: the UUID of the subvolume that an open directory belongs to.
int clinux_subvolume_uuid(int directory, unsigned char *uuid);

/// renameat2(2) with RENAME_EXCHANGE between two open directories.
int clinux_rename_exchange_at(int from_directory, const char *from, int to_directory, const char *to);

/// unlinkat(2); the times of the directory stay as they were.
int clinux_unlink_unseen(int directory, const unsigned char *name);

// How a tree is made object by object below an open directory. Names and paths are bytes that end with a zero; no call
// follows a symbolic link. All return -1 on failure.

/// openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS: ELOOP where any component is a symbolic
/// link, EXDEV where the path leads out of the directory.
int clinux_open_beneath(int directory, const unsigned char *path, int flags);

/// openat(2) with O_CREAT and O_EXCL, mkdirat(2), symlinkat(2), mknodat(2): each for this user alone, under a name that is
/// free. `kind`: S_IFIFO, S_IFSOCK, S_IFCHR or S_IFBLK.
int clinux_new_file_at(int directory, const unsigned char *name);
int clinux_new_directory_at(int directory, const unsigned char *name);
int clinux_new_link_at(int directory, const unsigned char *name, const unsigned char *target);
int clinux_new_node_at(int directory, const unsigned char *name, mode_t kind, unsigned int major, unsigned int minor);

/// linkat(2)
int clinux_link_at(int from_directory, const unsigned char *from, int to_directory, const unsigned char *to);

/// renameat2(2): EEXIST where the new name is taken, unless it `replaces`. Where the file system does not know
/// RENAME_NOREPLACE, a hard link does the same, and where it has none of these either, a look before the rename.
int clinux_move_at(int from_directory, const unsigned char *from, int to_directory, const unsigned char *to, int replaces);

/// unlinkat(2)
int clinux_remove_at(int directory, const unsigned char *name, int is_directory);

/// fchownat(2), utimensat(2) of the time of the last change, and lsetxattr(2) by way of /proc/self/fd.
int clinux_set_owner_at(int directory, const unsigned char *name, uid_t owner, gid_t group);
int clinux_set_modified_at(int directory, const unsigned char *name, int64_t seconds, long nanoseconds);
int clinux_set_attribute_at(int directory, const unsigned char *name, const unsigned char *key,
                            const unsigned char *value, size_t size);

/// fchmodat(2), which follows links: for a name of which the caller knows that it is none.
int clinux_set_mode_at(int directory, const unsigned char *name, mode_t mode);

#endif
