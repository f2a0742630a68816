// append_line FILE BYTES: opens FILE, appends one line of BYTES bytes, its LF included, and waits for the disk.
// The least a durable append can do.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    static char line[65536];
    size_t size = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (size < 1 || size > sizeof line) return 64;
    memset(line, 'x', size - 1);
    line[size - 1] = '\n';
    int file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0644);
    if (file < 0 || write(file, line, size) != (ssize_t)size || fdatasync(file) != 0 || close(file) != 0) return 2;
    return 0;
}
