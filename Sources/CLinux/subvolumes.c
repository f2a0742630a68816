// Btrfs subvolumes by open directories: nothing is looked up by a path that others can change.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
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

// Moves the key on behind the last item that was found; 0 where none can follow.
static int pass(struct clinux_search *search, const struct btrfs_ioctl_search_header *last) {
    search->from_inode = last->objectid;
    search->from_type = (uint8_t)last->type;
    search->from_offset = last->offset + 1;
    if (search->from_offset != 0) return 1;
    if (search->from_type < UINT8_MAX) return ++search->from_type, 1;
    search->from_type = 0;
    return ++search->from_inode != 0;
}

_Static_assert(sizeof(struct btrfs_ioctl_search_args_v2) == clinux_search_start, "where the kernel puts the first item");
_Static_assert(sizeof(struct btrfs_ioctl_search_header) == 32, "what stands before each item");

long clinux_search(int subvolume, struct clinux_search *search, unsigned char *memory, size_t size) {
    // More than the largest item with its header.
    enum { largest = (1 << 16) + 32 };
    const uint64_t room = size - clinux_search_start;
    struct btrfs_ioctl_search_args_v2 arguments = {
        .key = {.min_objectid = search->from_inode, .min_type = search->from_type, .min_offset = search->from_offset,
                .max_objectid = search->to_inode, .max_type = search->to_type, .max_offset = search->to_offset,
                .min_transid = search->written_from, .max_transid = UINT64_MAX, .nr_items = search->at_most ? search->at_most : UINT32_MAX},
        .buf_size = room};
    if (search->is_over) return 0;
    memcpy(memory, &arguments, sizeof arguments);
    if (ioctl(subvolume, BTRFS_IOC_TREE_SEARCH_V2, memory) != 0) return -1;
    memcpy(&arguments, memory, sizeof arguments);
    struct btrfs_ioctl_search_header header = {0};
    size_t at = clinux_search_start;
    for (uint32_t item = 0; item < arguments.key.nr_items; item++) {
        memcpy(&header, memory + at, sizeof header);
        at += sizeof header + header.len;
    }
    // It ends early only for want of room, or where it found as many as it may.
    const int ended = arguments.key.nr_items != search->at_most && at + largest <= size;
    search->is_over = arguments.key.nr_items == 0 || ended || !pass(search, &header);
    return (long)arguments.key.nr_items;
}

int clinux_changed_since(int subvolume, uint64_t generation) {
    enum { size = 1 << 18 };
    unsigned char *memory = malloc(size);
    if (memory == NULL) return -1;
    // The kernel leaves out leaves that are older; what else is in the others is left out here.
    struct clinux_search search = {
        .from_inode = BTRFS_FIRST_FREE_OBJECTID, .from_type = BTRFS_INODE_ITEM_KEY,
        .to_inode = BTRFS_LAST_FREE_OBJECTID, .to_type = UINT8_MAX, .to_offset = UINT64_MAX,
        .written_from = generation + 1};
    int changed = 0;
    while (!changed && !search.is_over) {
        long items = clinux_search(subvolume, &search, memory, size);
        if (items < 0) {
            changed = -1;
            break;
        }
        const unsigned char *at = memory + clinux_search_start;
        for (; items > 0 && !changed; items--) {
            struct btrfs_ioctl_search_header header;
            memcpy(&header, at, sizeof header);
            at += sizeof header;
            if (header.type == BTRFS_INODE_ITEM_KEY) {
                uint64_t touched;
                memcpy(&touched, at + offsetof(struct btrfs_inode_item, transid), sizeof touched);
                changed = le64toh(touched) > generation;
            }
            at += header.len;
        }
    }
    int failure = errno;
    free(memory);
    errno = failure;
    return changed;
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
