// SPDX-License-Identifier: BSD-3-Clause
// Whole numbers as bytes of a file, the lowest byte first, whatever the processor's order is.
#ifndef ELBOW_BASE_BYTES_H
#define ELBOW_BASE_BYTES_H

#include <stdint.h>

// Local. The lowest `size` bytes of a number, at most 8.
static inline void elbow_bytes_put(unsigned char *bytes, uint64_t number, int size)
{
    for (int i = 0; i < size; ++i)
        bytes[i] = (unsigned char)(number >> 8 * i);
}

// Local. The number that `size` bytes hold, at most 8.
static inline uint64_t elbow_bytes_get(const unsigned char *bytes, int size)
{
    uint64_t number = 0;
    for (int i = 0; i < size; ++i)
        number |= (uint64_t)bytes[i] << 8 * i;
    return number;
}

#endif
