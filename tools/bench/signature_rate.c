// signature_rate sign|verify COUNT THREADS BYTES BYTES
//
// How many Ed25519 signatures a second libsodium makes or verifies: COUNT a thread, of messages that have by turns the
// one and the other number of BYTES, as an event and its record have. What is verified was signed before the clock runs,
// 512 different messages of each size. Prints signatures a second of all threads together.
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MESSAGES = 1024, MAX_THREADS = 256 };

static unsigned char public_key[crypto_sign_PUBLICKEYBYTES], secret_key[crypto_sign_SECRETKEYBYTES];
static unsigned char *messages[MESSAGES], signatures[MESSAGES][crypto_sign_BYTES];
static size_t sizes[2];
static long count;

static void *sign_all(void *unused) {
    unsigned char signature[crypto_sign_BYTES];
    for (long i = 0; i < count; i++)
        crypto_sign_detached(signature, NULL, messages[i % MESSAGES], sizes[i % 2], secret_key);
    return unused;
}

static void *verify_all(void *unused) {
    for (long i = 0; i < count; i++)
        if (crypto_sign_verify_detached(signatures[i % MESSAGES], messages[i % MESSAGES], sizes[i % 2], public_key) != 0)
            abort();
    return unused;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    pthread_t threads[MAX_THREADS];
    if (argc != 6 || sodium_init() < 0) return 64;
    int signs = strcmp(argv[1], "sign") == 0;
    count = atol(argv[2]);
    long width = atol(argv[3]);
    sizes[0] = strtoul(argv[4], NULL, 10);
    sizes[1] = strtoul(argv[5], NULL, 10);
    if (count < 1 || width < 1 || width > MAX_THREADS || sizes[0] < 1 || sizes[1] < 1) return 64;
    crypto_sign_keypair(public_key, secret_key);
    for (int i = 0; i < MESSAGES; i++) {
        messages[i] = malloc(sizes[i % 2]);
        if (!messages[i]) return 2;
        randombytes_buf(messages[i], sizes[i % 2]);
        crypto_sign_detached(signatures[i], NULL, messages[i], sizes[i % 2], secret_key);
    }
    double began = now();
    for (long i = 0; i < width; i++)
        if (pthread_create(&threads[i], NULL, signs ? sign_all : verify_all, NULL) != 0) return 2;
    for (long i = 0; i < width; i++) pthread_join(threads[i], NULL);
    printf("%.1f\n", (double)count * (double)width / (now() - began));
    return 0;
}
