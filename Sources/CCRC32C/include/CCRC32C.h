// CRC-32C (Castagnoli), as Btrfs send streams carry it.
#ifndef CCRC32C_H
#define CCRC32C_H

#include <stddef.h>
#include <stdint.h>

/// Goes on with `state` over `count` bytes. There is no inversion before or after: a send stream starts from 0
/// and stores the state as it is.
uint32_t ccrc32c_update(uint32_t state, const uint8_t *bytes, size_t count);

/// The same by tables alone, for processors without the instruction.
uint32_t ccrc32c_update_portable(uint32_t state, const uint8_t *bytes, size_t count);

#endif
