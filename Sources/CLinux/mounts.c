// The calls by which a process gets a small world of its own. By number: older C libraries have no names for them.
#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// From linux/mount.h, which cannot be read together with sys/mount.h everywhere.
enum {
    tree_clone = 1,
    tree_recursive = 0x8000,
    attribute_read_only = 0x1,
    attribute_no_set_user_id = 0x2,
    attribute_no_devices = 0x4,
    attribute_no_execution = 0x8,
    attribute_no_links = 0x200000,
    move_from_itself = 0x4,
    move_to_itself = 0x40,
    configure_text = 1,
    configure_create = 6
};

struct mount_attributes {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t user_namespace;
};

int clinux_own_world(void) {
    if (unshare(CLONE_NEWNS | CLONE_NEWPID) != 0) return -1;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

int clinux_open_directory(int directory, const char *path) {
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    int opened;
    do {
        opened = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    } while (opened < 0 && (errno == EINTR || errno == EAGAIN));
    return opened;
}

int clinux_clone_mount(int directory, const char *path, int recursive) {
    unsigned int flags = tree_clone | O_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
    return (int)syscall(SYS_open_tree, directory, path, flags | (recursive ? tree_recursive : 0));
}

int clinux_new_tmpfs(void) {
    int context = (int)syscall(SYS_fsopen, "tmpfs", 1);
    if (context < 0) return -1;
    int mount = -1;
    if (syscall(SYS_fsconfig, context, configure_text, "size", "1m", 0) == 0 &&
        syscall(SYS_fsconfig, context, configure_text, "mode", "0755", 0) == 0 &&
        syscall(SYS_fsconfig, context, configure_create, NULL, NULL, 0) == 0) {
        mount = (int)syscall(SYS_fsmount, context, 1, attribute_no_set_user_id | attribute_no_devices);
    }
    int failure = errno;
    close(context);
    errno = failure;
    return mount;
}

int clinux_restrict_mount(int mount, int refused, int recursive) {
    struct mount_attributes attributes = {0};
    if (refused & clinux_no_writing) attributes.set |= attribute_read_only;
    if (refused & clinux_no_set_user_id) attributes.set |= attribute_no_set_user_id;
    if (refused & clinux_no_devices) attributes.set |= attribute_no_devices;
    if (refused & clinux_no_execution) attributes.set |= attribute_no_execution;
    if (refused & clinux_no_links) attributes.set |= attribute_no_links;
    unsigned int flags = AT_EMPTY_PATH | (recursive ? tree_recursive : 0);
    return (int)syscall(SYS_mount_setattr, mount, "", flags, &attributes, sizeof attributes);
}

int clinux_attach_mount(int mount, int directory, const char *path) {
    unsigned int flags = move_from_itself | (*path == '\0' ? move_to_itself : 0);
    return (int)syscall(SYS_move_mount, mount, "", directory, path, flags);
}

int clinux_open_new_at(int directory, const char *name) {
    return openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
}

int clinux_enter_root(int mount) {
    if (fchdir(mount) != 0) return -1;
    // The old root lies on top of the new one then, until it is let go.
    if (syscall(SYS_pivot_root, ".", ".") != 0) return -1;
    if (umount2(".", MNT_DETACH) != 0) return -1;
    return chdir("/");
}

int clinux_close_from(unsigned int first) { return (int)syscall(SYS_close_range, first, ~0U, 0); }

int clinux_keep_capabilities(uint64_t kept) {
    for (int capability = 0; capability < 64; capability++) {
        if (kept >> capability & 1) continue;
        // EINVAL: the kernel knows no such capability, nor any above it.
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            if (errno != EINVAL) return -1;
            break;
        }
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return -1;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    for (int half = 0; half < 2; half++) {
        data[half].permitted &= (uint32_t)(kept >> 32 * half);
        data[half].effective = data[half].permitted;
        data[half].inheritable = 0;
    }
    if (syscall(SYS_capset, &header, data) != 0) return -1;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

pid_t clinux_spawn(char *const arguments[], char *const environment[], int error) {
    pid_t child = fork();
    if (child != 0) return child;
    // Between fork and exec of a program with threads only calls of the kernel are safe.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) _exit(126);
    if (dup2(error, STDOUT_FILENO) < 0 || dup2(error, STDERR_FILENO) < 0) _exit(126);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGPIPE, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvpe(arguments[0], arguments, environment);
    static const char message[] = "no such program\n";
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) _exit(126);
    _exit(127);
}

int clinux_limit_file_size(uint64_t bytes) {
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    struct rlimit limit = {bytes, bytes};
    if (sigaction(SIGXFSZ, &ignored, NULL) != 0) return -1;
    return setrlimit(RLIMIT_FSIZE, &limit);
}
