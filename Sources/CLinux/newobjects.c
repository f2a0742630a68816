// How a tree is made object by object, below a directory that others may be at work in: see CLinux.h.
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int clinux_open_beneath(int directory, const unsigned char *path, int flags) {
    struct open_how how = {
        .flags = (uint64_t)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    long opened;
    do opened = syscall(SYS_openat2, directory, path, &how, sizeof how);
    while (opened < 0 && (errno == EINTR || errno == EAGAIN));
    return (int)opened;
}

int clinux_new_file_at(int directory, const unsigned char *name) {
    return openat(directory, (const char *)name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int clinux_new_directory_at(int directory, const unsigned char *name) {
    return mkdirat(directory, (const char *)name, 0700);
}

int clinux_new_link_at(int directory, const unsigned char *name, const unsigned char *target) {
    return symlinkat((const char *)target, directory, (const char *)name);
}

int clinux_new_node_at(int directory, const unsigned char *name, mode_t kind, unsigned int major, unsigned int minor) {
    return mknodat(directory, (const char *)name, (kind & S_IFMT) | 0600, makedev(major, minor));
}

int clinux_link_at(int from_directory, const unsigned char *from, int to_directory, const unsigned char *to) {
    return linkat(from_directory, (const char *)from, to_directory, (const char *)to, 0);
}

int clinux_move_at(int from_directory, const unsigned char *from, int to_directory, const unsigned char *to, int replaces) {
    const char *old = (const char *)from, *new = (const char *)to;
    if (replaces) return renameat(from_directory, old, to_directory, new);
    if (renameat2(from_directory, old, to_directory, new, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    // A file system that does not know that: a second name, which is never given over another one.
    if (linkat(from_directory, old, to_directory, new, 0) == 0) return unlinkat(from_directory, old, 0);
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return -1;
    struct stat status;
    if (fstatat(to_directory, new, &status, AT_SYMLINK_NOFOLLOW) == 0) errno = EEXIST;
    if (errno != ENOENT) return -1;
    return renameat(from_directory, old, to_directory, new);
}

int clinux_remove_at(int directory, const unsigned char *name, int is_directory) {
    return unlinkat(directory, (const char *)name, is_directory ? AT_REMOVEDIR : 0);
}

int clinux_set_owner_at(int directory, const unsigned char *name, uid_t owner, gid_t group) {
    return fchownat(directory, (const char *)name, owner, group, AT_SYMLINK_NOFOLLOW);
}

int clinux_set_mode_at(int directory, const unsigned char *name, mode_t mode) {
    return fchmodat(directory, (const char *)name, mode, 0);
}

int clinux_set_modified_at(int directory, const unsigned char *name, int64_t seconds, long nanoseconds) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
    return utimensat(directory, (const char *)name, times, AT_SYMLINK_NOFOLLOW);
}

int clinux_set_attribute_at(int directory, const unsigned char *name, const unsigned char *key,
                            const unsigned char *value, size_t size) {
    char path[32 + 256];
    int length = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, (const char *)name);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return lsetxattr(path, (const char *)key, value, size, 0);
}
