// endless_stream NAME GIB | endless_stream NAME MIB random
//
// A send stream of a made-up snapshot, version 1, on standard output: files of 1 GiB, written in pieces of 48 KiB. Some
// hundred different pieces are made beforehand, each with its own content and CRC, so that making the stream costs little.
// With `random` each piece has content of its own, which nothing compresses. Its UUID is
// 00000000-0000-4000-8000-000000000001.
#include "CCRC32C.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { piece_size = 48 << 10, pieces = 256 };
enum { cmd_subvol = 1, cmd_mkfile = 3, cmd_write = 15, cmd_end = 21 };
enum { attr_uuid = 1, attr_ctransid = 2, attr_ino = 3, attr_path = 15, attr_file_offset = 18, attr_data = 19 };

static unsigned char buffer[1 << 20];
static size_t filled;

static void flush(void) {
    for (size_t at = 0; at < filled;) {
        ssize_t count = write(1, buffer + at, filled - at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) exit(2);
        at += (size_t)count;
    }
    filled = 0;
}

static void put(const void *bytes, size_t count) {
    if (filled + count > sizeof buffer) flush();
    memcpy(buffer + filled, bytes, count);
    filled += count;
}

static unsigned char command[piece_size + 256];
static size_t length;

static void begin(unsigned kind) {
    memset(command, 0, 10);
    command[4] = (unsigned char)kind;
    length = 10;
}

static void attribute(unsigned kind, const void *value, size_t count) {
    const unsigned char head[4] = {(unsigned char)kind, 0, (unsigned char)count, (unsigned char)(count >> 8)};
    memcpy(command + length, head, 4);
    memcpy(command + length + 4, value, count);
    length += 4 + count;
}

static void end(void) {
    unsigned payload = (unsigned)length - 10;
    for (int i = 0; i < 4; i++) command[i] = (unsigned char)(payload >> 8 * i);
    unsigned crc = ccrc32c_update(0, command, length);
    for (int i = 0; i < 4; i++) command[6 + i] = (unsigned char)(crc >> 8 * i);
}

static void random_piece(void) {
    static unsigned long long state = 88172645463325252ull, data[piece_size / 8];
    const unsigned char zero[8] = {0};
    for (int i = 0; i < piece_size / 8; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        data[i] = state;
    }
    begin(cmd_write);
    attribute(attr_path, "file", 4);
    attribute(attr_file_offset, zero, 8);
    attribute(attr_data, data, piece_size);
    end();
}

int main(int argc, char **argv) {
    int is_random = argc == 4 && strcmp(argv[3], "random") == 0;
    if ((argc != 3 && !is_random) || atol(argv[2]) < 1) return 64;
    unsigned long long total = (unsigned long long)atol(argv[2]) << (is_random ? 20 : 30), written = 0;
    static unsigned char made[pieces][piece_size + 256];
    static size_t made_length[pieces];
    const unsigned char uuid[16] = {0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, 1}, zero[8] = {0};
    put("btrfs-stream\0\1\0\0\0", 17);
    begin(cmd_subvol);
    attribute(attr_path, argv[1], strlen(argv[1]));
    attribute(attr_uuid, uuid, 16);
    attribute(attr_ctransid, zero, 8);
    end();
    put(command, length);
    unsigned random = 1;
    for (int i = 0; i < pieces; i++) {
        static unsigned char data[piece_size];
        // Easily compressed, so that the run is about the stream's length: one random byte in 512.
        for (int at = 0; at < piece_size; at++) {
            random = random * 1664525 + 1013904223;
            data[at] = (random >> 20) % 512 ? (unsigned char)("devjournal"[at % 10]) : (unsigned char)(random >> 24);
        }
        begin(cmd_write);
        attribute(attr_path, "file", 4);
        attribute(attr_file_offset, zero, 8);
        attribute(attr_data, data, piece_size);
        end();
        memcpy(made[i], command, length);
        made_length[i] = length;
    }
    for (unsigned long long number = 0; written < total; number++) {
        if (number % 21846 == 0) {
            begin(cmd_mkfile);
            attribute(attr_path, "file", 4);
            attribute(attr_ino, &number, 8);
            end();
            put(command, length);
        }
        random = random * 1664525 + 1013904223;
        int which = (int)(random >> 24);
        if (is_random) {
            random_piece();
            put(command, length);
        } else put(made[which], made_length[which]);
        written += made_length[which];
    }
    begin(cmd_end);
    end();
    put(command, length);
    flush();
    return 0;
}
