// time_processes ROUNDS SECONDS COMMAND… [: COMMAND…]…
//
// Runs whole processes in turn and measures each from outside: from before fork(2) to after wait4(2). A round runs every
// command once, and each round begins with another, so that a machine that slows down slows all of them. After ROUNDS
// rounds, or after SECONDS and at least three rounds, it prints a line a command:
//
//     median_ms min_ms max_ms peak_rss_kib rounds cpu_median_ms
//
// CPU time and memory are those of the process and of all its children that were waited for: the time of all of them, the
// memory of the largest.
//
// The first words of a command may be `in=FILE` (its standard input, else /dev/null), `cpus=N` (it may use the first
// N of the processors that are allowed here) and `before=SCRIPT` (run by a shell before each run, and not measured). Its
// output is thrown away; where it fails, its errors are shown.
//
// Exit status: 0 measured · 2 a command failed · 64 usage
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_COMMANDS = 16 };

struct command {
    char **argv;
    const char *input, *before;
    int cpus;
    double *times, *cpu_times;
    long peak;
};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t) { return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3; }

static void usage(const char *why) {
    fprintf(stderr, "time_processes: error: %s\n", why);
    exit(64);
}

static void limit_cpus(int wanted) {
    cpu_set_t allowed, few;
    CPU_ZERO(&few);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) _exit(126);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&few) < wanted; cpu++)
        if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &few);
    if (CPU_COUNT(&few) < wanted || sched_setaffinity(0, sizeof few, &few) != 0) _exit(126);
}

static void become(const struct command *command, int errors) {
    int input = open(command->input, O_RDONLY);
    int output = open("/dev/null", O_WRONLY);
    if (input < 0 || output < 0) _exit(126);
    dup2(input, 0);
    dup2(output, 1);
    dup2(errors, 2);
    if (command->cpus > 0) limit_cpus(command->cpus);
    execvp(command->argv[0], command->argv);
    _exit(127);
}

// The time of one run, and in `cpu` that of the processors; -1 where it failed.
static double run(struct command *command, int errors, double *cpu) {
    struct rusage used;
    int status;
    if (command->before && system(command->before) != 0) {
        fprintf(stderr, "time_processes: error: what was to run before fails: %s\n", command->before);
        return -1;
    }
    if (ftruncate(errors, 0) != 0 || lseek(errors, 0, SEEK_SET) < 0) return -1;
    double began = now_ms();
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) become(command, errors);
    while (wait4(child, &status, 0, &used) < 0)
        if (errno != EINTR) return -1;
    double took = now_ms() - began;
    *cpu = ms(used.ru_utime) + ms(used.ru_stime);
    if (used.ru_maxrss > command->peak) command->peak = used.ru_maxrss;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return took;
    if (WIFEXITED(status)) fprintf(stderr, "time_processes: error: %s exits with %d\n", command->argv[0], WEXITSTATUS(status));
    else fprintf(stderr, "time_processes: error: %s is ended by signal %d\n", command->argv[0], WTERMSIG(status));
    char text[4096];
    ssize_t count;
    lseek(errors, 0, SEEK_SET);
    while ((count = read(errors, text, sizeof text)) > 0) fwrite(text, 1, (size_t)count, stderr);
    return -1;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}

static int parse(char **argv, int argc, struct command *commands, int rounds) {
    int count = 0, i = 3;
    while (i < argc) {
        if (count == MAX_COMMANDS) usage("too many commands");
        struct command *command = &commands[count++];
        *command = (struct command){.input = "/dev/null", .times = calloc((size_t)rounds, sizeof(double)),
                                    .cpu_times = calloc((size_t)rounds, sizeof(double))};
        if (!command->times || !command->cpu_times) usage("no memory");
        for (; i < argc; i++) {
            if (strncmp(argv[i], "in=", 3) == 0) command->input = argv[i] + 3;
            else if (strncmp(argv[i], "before=", 7) == 0) command->before = argv[i] + 7;
            else if (strncmp(argv[i], "cpus=", 5) == 0) command->cpus = atoi(argv[i] + 5);
            else break;
        }
        command->argv = argv + i;
        while (i < argc && strcmp(argv[i], ":") != 0) i++;
        if (command->argv == argv + i) usage("an empty command");
        argv[i++] = NULL;
    }
    return count;
}

int main(int argc, char **argv) {
    struct command commands[MAX_COMMANDS];
    if (argc < 4) usage("usage: time_processes ROUNDS SECONDS COMMAND… [: COMMAND…]…");
    int rounds = atoi(argv[1]);
    double limit = atof(argv[2]) * 1e3;
    if (rounds < 1) usage("ROUNDS is a number from 1 on");
    int count = parse(argv, argc, commands, rounds);
    FILE *kept = tmpfile();
    if (!kept) usage("no temporary file");
    double began = now_ms();
    int done = 0;
    while (done < rounds && (done < 3 || now_ms() - began < limit)) {
        for (int turn = 0; turn < count; turn++) {
            struct command *command = &commands[(turn + done) % count];
            double took = run(command, fileno(kept), &command->cpu_times[done]);
            if (took < 0) return 2;
            command->times[done] = took;
        }
        done++;
    }
    for (int i = 0; i < count; i++) {
        double *times = commands[i].times;
        double middle = median(times, done);
        printf("%.4f %.4f %.4f %ld %d %.4f\n", middle, times[0], times[done - 1], commands[i].peak, done,
               median(commands[i].cpu_times, done));
    }
    return 0;
}
