// Who has something open, as proc_pid_fd(5), proc_pid_map_files(5) and proc_pid_cwd(5) tell it.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// What may not be looked at (without CAP_SYS_PTRACE) may be there; what else cannot be is gone meanwhile. A file of a server
// that does not answer is not waited for, and with no field asked for a FUSE file system of another user's answers too.
static int is_on(int directory, const char *name, dev_t device) {
    struct statx found;
    if (statx(directory, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, 0, &found) != 0)
        return errno == EACCES || errno == EPERM;
    return makedev(found.stx_dev_major, found.stx_dev_minor) == device;
}

static int any_in(int process, const char *name, dev_t device) {
    int descriptor = openat(process, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return errno == EACCES || errno == EPERM;
    DIR *entries = fdopendir(descriptor);
    if (entries == NULL) {
        close(descriptor);
        return 1;
    }
    int found = 0;
    for (struct dirent *entry; !found && (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.') found = is_on(descriptor, entry->d_name, device);
    closedir(entries);
    return found;
}

int clinux_is_open_elsewhere(int directory, const char *name) {
    struct stat top;
    if (fstatat(directory, name, &top, AT_SYMLINK_NOFOLLOW) != 0) return 1;
    DIR *processes = opendir("/proc");
    if (processes == NULL) return 1;
    // A /proc that hides others' processes (hidepid=, a unit's ProtectProc=) hides the first one, too.
    if (faccessat(dirfd(processes), "1", F_OK, 0) != 0) {
        closedir(processes);
        return 1;
    }
    char own[16];
    snprintf(own, sizeof own, "%d", (int)getpid());
    int found = 0;
    for (struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || strcmp(entry->d_name, own) == 0) continue;
        // init opens no files of users, and in a container it may be closed even to root.
        if (strcmp(entry->d_name, "1") == 0) continue;
        int process = openat(dirfd(processes), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (process < 0) continue;
        found = is_on(process, "cwd", top.st_dev) || is_on(process, "root", top.st_dev) ||
                any_in(process, "fd", top.st_dev) || any_in(process, "map_files", top.st_dev);
        close(process);
    }
    closedir(processes);
    return found;
}
