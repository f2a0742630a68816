// Btrfs subvolumes by open directories: nothing is looked up by a path that others can change.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

static int copy_name(char *target, size_t size, const char *name) {
    size_t length = strlen(name);
    if (length >= size) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(target, name, length + 1);
    return 0;
}

int clinux_snapshot(int subvolume, int directory, const char *name) {
    struct btrfs_ioctl_vol_args_v2 arguments = {.fd = subvolume};
    if (copy_name(arguments.name, sizeof arguments.name, name) != 0) return -1;
    return ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &arguments);
}

int clinux_new_subvolume(int directory, const char *name) {
    struct btrfs_ioctl_vol_args arguments = {0};
    if (copy_name(arguments.name, sizeof arguments.name, name) != 0) return -1;
    return ioctl(directory, BTRFS_IOC_SUBVOL_CREATE, &arguments);
}

int clinux_inherit_nothing(int directory) {
    static const char *const handed_on[] = {
        "btrfs.compression", "system.posix_acl_default", "system.posix_acl_access"};
    for (size_t i = 0; i < sizeof handed_on / sizeof *handed_on; i++) {
        if (fremovexattr(directory, handed_on[i]) != 0 && errno != ENODATA && errno != ENOTSUP) return -1;
    }
    return fchown(directory, geteuid(), getegid()) != 0 ? -1 : fchmod(directory, 0700);
}

int clinux_finish_as_received(int subvolume, const unsigned char *uuid) {
    struct btrfs_ioctl_received_subvol_args received = {0};
    memcpy(received.uuid, uuid, sizeof received.uuid);
    if (ioctl(subvolume, BTRFS_IOC_SET_RECEIVED_SUBVOL, &received) != 0) return -1;
    uint64_t flags = BTRFS_SUBVOL_RDONLY;
    return ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags);
}

int clinux_set_read_only(int directory, const char *name, int is_read_only) {
    int subvolume = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (subvolume < 0) return -1;
    uint64_t flags = is_read_only ? BTRFS_SUBVOL_RDONLY : 0;
    int result = ioctl(subvolume, BTRFS_IOC_SUBVOL_SETFLAGS, &flags);
    int saved = errno;
    close(subvolume);
    errno = saved;
    return result;
}

int clinux_delete_subvolume(int directory, const char *name) {
    struct btrfs_ioctl_vol_args arguments = {0};
    if (copy_name(arguments.name, sizeof arguments.name, name) != 0) return -1;
    return ioctl(directory, BTRFS_IOC_SNAP_DESTROY, &arguments);
}

int clinux_subvolume_uuid(int directory, unsigned char *uuid) {
    struct btrfs_ioctl_get_subvol_info_args information;
    memset(&information, 0, sizeof information);
    // Kernels return 1 where all is well, too.
    if (ioctl(directory, BTRFS_IOC_GET_SUBVOL_INFO, &information) < 0) return -1;
    memcpy(uuid, information.uuid, sizeof information.uuid);
    return 0;
}

int clinux_rename_exchange_at(int from_directory, const char *from, int to_directory, const char *to) {
    return renameat2(from_directory, from, to_directory, to, RENAME_EXCHANGE);
}

int clinux_unlink_unseen(int directory, const unsigned char *name) {
    struct stat before;
    if (fstat(directory, &before) != 0) return -1;
    if (unlinkat(directory, (const char *)name, 0) != 0) return -1;
    const struct timespec times[2] = {before.st_atim, before.st_mtim};
    return futimens(directory, times);
}
