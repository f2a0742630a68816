#define _GNU_SOURCE 1
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int clinux_errno(void) { return errno; }

void clinux_set_errno(int value) { errno = value; }

const char *clinux_name(const struct dirent *entry) { return entry->d_name; }

int clinux_flock(int descriptor, int operation) { return flock(descriptor, operation); }

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

int clinux_keep_memory_private(void) {
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) return -1;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
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
