#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

int clinux_errno(void) { return errno; }

void clinux_set_errno(int value) { errno = value; }

const char *clinux_name(const struct dirent *entry) { return entry->d_name; }

int clinux_flock(int descriptor, int operation) { return flock(descriptor, operation); }

static void wake(int signal) { (void)signal; }

int clinux_flock_for(int descriptor, long milliseconds) {
    if (milliseconds <= 0) return flock(descriptor, LOCK_EX);
    // A signal to this thread alone, without SA_RESTART. One that comes before flock(2) waits is followed by others.
    int number = SIGRTMIN + 5;
    struct sigaction action = {.sa_handler = wake};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number};
    event._sigev_un._tid = (int)syscall(SYS_gettid);
    struct itimerspec times = {
        .it_value = {milliseconds / 1000, milliseconds % 1000 * 1000000},
        .it_interval = {0, 20000000},
    };
    sigset_t wanted, before;
    timer_t timer;
    sigemptyset(&wanted);
    sigaddset(&wanted, number);
    if (sigaction(number, &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
        // This user has no more timers: look again in a moment.
        usleep(milliseconds < 50 ? (useconds_t)milliseconds * 1000 : 50000);
        int taken = flock(descriptor, LOCK_EX | LOCK_NB);
        if (taken != 0 && errno == EWOULDBLOCK) errno = EINTR;
        return taken;
    }
    pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
    int result = timer_settime(timer, 0, &times, NULL);
    if (result == 0) result = flock(descriptor, LOCK_EX);
    int failure = errno;
    timer_delete(timer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
    return result;
}

int clinux_syncfs(int descriptor) { return syncfs(descriptor); }

int clinux_rename_new(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int clinux_rename_new_at(int from_directory, const char *from, int to_directory, const char *to) {
    return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int clinux_rename_exchange(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

int clinux_open_without_links(int directory, const char *path, int flags) {
    struct open_how how = {0};
    how.flags = (uint64_t)(flags | O_CLOEXEC);
    how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    long opened;
    do {
        opened = syscall(SYS_openat2, directory, path, &how, sizeof how);
    } while (opened < 0 && (errno == EINTR || errno == EAGAIN));
    return (int)opened;
}

int clinux_is_mount_root(int descriptor) {
    struct statx status;
    if (statx(descriptor, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_INO, &status) != 0) return -1;
    if ((status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) == 0) {
        errno = ENOTSUP;
        return -1;
    }
    return (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

int clinux_subvolume(int descriptor, struct clinux_subvolume *found) {
    struct btrfs_ioctl_get_subvol_info_args info = {0};
    // Some kernels (6.18) answer 1 once they have told everything.
    if (ioctl(descriptor, BTRFS_IOC_GET_SUBVOL_INFO, &info) < 0) return -1;
    if (info.treeid == 0) {
        errno = EIO;
        return -1;
    }
    memcpy(found->uuid, info.uuid, 16);
    memcpy(found->parent_uuid, info.parent_uuid, 16);
    memcpy(found->received_uuid, info.received_uuid, 16);
    found->id = info.treeid;
    found->generation = info.generation;
    found->generation_at_creation = info.otransid;
    // BTRFS_ROOT_SUBVOL_RDONLY of the root item.
    found->is_read_only = (info.flags & 1) != 0;
    return 0;
}

int clinux_read_only_snapshot(int source, int directory, const char *name) {
    struct btrfs_ioctl_vol_args_v2 arguments = {0};
    if (strlen(name) > BTRFS_SUBVOL_NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    arguments.fd = source;
    arguments.flags = BTRFS_SUBVOL_RDONLY;
    strcpy(arguments.name, name);
    return ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &arguments);
}

int clinux_file_system_id(int descriptor, unsigned char *id) {
    struct btrfs_ioctl_fs_info_args info = {0};
    if (ioctl(descriptor, BTRFS_IOC_FS_INFO, &info) != 0) return -1;
    memcpy(id, info.fsid, 16);
    return 0;
}

long clinux_http_date(const char *text) {
    struct tm parts = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return end == NULL || *end != '\0' ? -1 : (long)timegm(&parts);
}

void clinux_share_one_heap(void) { mallopt(M_ARENA_MAX, 1); }

int clinux_keep_memory_private(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static uid_t became_user;
static gid_t became_group;

int clinux_become(uid_t user, gid_t group) {
    struct passwd *known = getpwuid(user);
    if (known != NULL) group = known->pw_gid;
    if ((known != NULL ? initgroups(known->pw_name, group) : setgroups(0, NULL)) != 0) return -1;
    if (setresgid(group, group, 0) != 0 || setresuid(user, user, 0) != 0) return -1;
    became_user = user;
    became_group = group;
    return 0;
}

int clinux_has_become(void) { return became_user != 0; }

void clinux_be_root(int is_root) {
    int failed = is_root ? seteuid(0) != 0 || setegid(0) != 0 : setegid(became_group) != 0 || seteuid(became_user) != 0;
    if (failed) abort();
}

static volatile sig_atomic_t end_asked;

static void ask_to_end(int signal) {
    (void)signal;
    end_asked = 1;
}

void clinux_end_on_signals(void) {
    struct sigaction action = {.sa_handler = ask_to_end};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int clinux_end_was_asked(void) { return end_asked; }

int clinux_open_at(int directory, const unsigned char *name, int flags) {
    int opened;
    do {
        opened = openat(directory, (const char *)name, flags | O_NOFOLLOW | O_CLOEXEC);
    } while (opened < 0 && errno == EINTR);
    return opened;
}

int clinux_status_at(int directory, const unsigned char *name, struct stat *status) {
    return fstatat(directory, (const char *)name, status, AT_SYMLINK_NOFOLLOW);
}

ssize_t clinux_entries(int directory, unsigned char *buffer, size_t size) {
    return getdents64(directory, buffer, size);
}

ssize_t clinux_link_target_at(int directory, const unsigned char *name, unsigned char *target, size_t size) {
    return readlinkat(directory, (const char *)name, (char *)target, size);
}

// "/proc/self/fd/", a number, "/", a name of at most 255 bytes, a zero.
#define ENTRY_PATH_SIZE (14 + 11 + 1 + 255 + 1)

static int entry_path(char *path, int directory, const unsigned char *name) {
    int length = snprintf(path, ENTRY_PATH_SIZE, "/proc/self/fd/%d/%s", directory, (const char *)name);
    if (length > 0 && length < ENTRY_PATH_SIZE) return 0;
    errno = ENAMETOOLONG;
    return -1;
}

ssize_t clinux_attributes_at(int directory, const unsigned char *name, unsigned char *list, size_t size) {
    char path[ENTRY_PATH_SIZE];
    if (entry_path(path, directory, name) != 0) return -1;
    return llistxattr(path, (char *)list, size);
}

ssize_t clinux_attribute_at(int directory, const unsigned char *name, const unsigned char *key, unsigned char *value,
                            size_t size) {
    char path[ENTRY_PATH_SIZE];
    if (entry_path(path, directory, name) != 0) return -1;
    return lgetxattr(path, (const char *)key, value, size);
}

int clinux_status_beneath(int directory, const unsigned char *path, struct stat *status) {
    struct open_how how = {
        .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
    };
    long opened;
    do opened = syscall(SYS_openat2, directory, path, &how, sizeof how);
    while (opened < 0 && (errno == EINTR || errno == EAGAIN));
    if (opened < 0) return -1;
    int result = fstat((int)opened, status), saved = errno;
    close((int)opened);
    errno = saved;
    return result;
}

int clinux_begin_writing(int descriptor, int64_t offset, int64_t count) {
    return sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

int clinux_inode_flags(int descriptor, unsigned int *flags) { return ioctl(descriptor, FS_IOC_GETFLAGS, flags); }

int clinux_clone_file(int target, int source) { return ioctl(target, FICLONE, source); }

int clinux_is_btrfs(int descriptor) {
    struct statfs status;
    if (fstatfs(descriptor, &status) != 0) return -1;
    return status.f_type == BTRFS_SUPER_MAGIC;
}

unsigned int clinux_major(dev_t device) { return major(device); }

unsigned int clinux_minor(dev_t device) { return minor(device); }

int clinux_available_cores(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int clinux_clock_is_synchronised(void) {
    struct timex state = {0};
    int answer = adjtimex(&state);
    return answer >= 0 && answer != TIME_ERROR;
}

int clinux_open_process(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int clinux_kill_process(int process) { return (int)syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0); }
