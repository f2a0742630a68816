// SHA-256 (FIPS 180-4) of the same blocks from two states at once.
#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has what `csha256_two` takes: SHA instructions.
bool csha256_has_two(void);

/// Goes on with two states, of eight words each, over `count` blocks of 64 bytes. Where `csha256_has_two` is false it
/// must not be called.
void csha256_two(uint32_t one[8], uint32_t other[8], const uint8_t *blocks, size_t count);

#endif
