#include "CCRC32C.h"

#include <pthread.h>
#include <string.h>

// Portable: eight tables, eight bytes a step. table[k][b] is the state after byte b and k zero bytes.

static uint32_t table[8][256];
static pthread_once_t table_made = PTHREAD_ONCE_INIT;

static void make_table(void) {
    const uint32_t polynomial = 0x82f63b78; // 0x1edc6f41 with its bits reversed
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t state = byte;
        for (int bit = 0; bit < 8; bit++) state = (state >> 1) ^ (state & 1 ? polynomial : 0);
        table[0][byte] = state;
    }
    for (int zeros = 1; zeros < 8; zeros++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t before = table[zeros - 1][byte];
            table[zeros][byte] = (before >> 8) ^ table[0][before & 0xff];
        }
    }
}

uint32_t ccrc32c_update_portable(uint32_t state, const uint8_t *bytes, size_t count) {
    pthread_once(&table_made, make_table);
    while (count >= 8) {
        uint32_t low = state ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                                (uint32_t)bytes[3] << 24);
        state = table[7][low & 0xff] ^ table[6][(low >> 8) & 0xff] ^ table[5][(low >> 16) & 0xff] ^
                table[4][low >> 24] ^ table[3][bytes[4]] ^ table[2][bytes[5]] ^ table[1][bytes[6]] ^
                table[0][bytes[7]];
        bytes += 8;
        count -= 8;
    }
    while (count-- > 0) state = (state >> 8) ^ table[0][(state ^ *bytes++) & 0xff];
    return state;
}

#if defined(__x86_64__)

#include <immintrin.h>

// The instruction takes three cycles and a new one can start in each, so three stretches go side by side.
// Joining them multiplies a state by x^(8 * distance): a carry-less product by x^(8 * distance - 33) modulo the
// polynomial, reduced by the instruction itself, which multiplies by the missing x^33.
enum { stretch = 1024 };
static const uint32_t over_one_stretch = 0x170076fa;
static const uint32_t over_two_stretches = 0xa51b6135;

__attribute__((target("sse4.2,pclmul"))) static uint32_t moved(uint32_t state, uint32_t power) {
    __m128i product =
        _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)state), _mm_cvtsi32_si128((int)power), 0);
    return (uint32_t)__builtin_ia32_crc32di(0, (unsigned long long)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2"))) static unsigned long long step(unsigned long long state, const uint8_t *bytes) {
    unsigned long long word;
    memcpy(&word, bytes, 8);
    return __builtin_ia32_crc32di(state, word);
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t update_with_instruction(
    uint32_t state, const uint8_t *bytes, size_t count) {
    unsigned long long first = state;
    while (count >= 3 * stretch) {
        unsigned long long second = 0, third = 0;
        for (size_t at = 0; at < stretch; at += 8) {
            first = step(first, bytes + at);
            second = step(second, bytes + stretch + at);
            third = step(third, bytes + 2 * stretch + at);
        }
        first = moved((uint32_t)first, over_two_stretches) ^ moved((uint32_t)second, over_one_stretch) ^ third;
        bytes += 3 * stretch;
        count -= 3 * stretch;
    }
    while (count >= 8) {
        first = step(first, bytes);
        bytes += 8;
        count -= 8;
    }
    while (count-- > 0) first = __builtin_ia32_crc32qi((uint32_t)first, *bytes++);
    return (uint32_t)first;
}

uint32_t ccrc32c_update(uint32_t state, const uint8_t *bytes, size_t count) {
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")) {
        return update_with_instruction(state, bytes, count);
    }
    return ccrc32c_update_portable(state, bytes, count);
}

#else

uint32_t ccrc32c_update(uint32_t state, const uint8_t *bytes, size_t count) {
    return ccrc32c_update_portable(state, bytes, count);
}

#endif
