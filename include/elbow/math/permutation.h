// SPDX-License-Identifier: BSD-3-Clause
// Keyed permutations of [0, n) that need no memory: a Feistel network on the next power of two, walked along its cycle
// until the value lies below n (Black and Rogaway 2002, "Ciphers with arbitrary finite domains").
#ifndef ELBOW_MATH_PERMUTATION_H
#define ELBOW_MATH_PERMUTATION_H

#include "elbow/base/language.h"
#include "elbow/math/random.h"

#include <stdint.h>

ELBOW_C_BEGIN

struct elbow_permutation {
    uint64_t n;
    unsigned left_bits, right_bits; // 2^(left + right) >= n
    uint32_t keys[8];               // one a round
};

// Local. The permutation of [0, n), n from 1 to 2^48, keyed by seed and epoch.
struct elbow_permutation elbow_permutation_create(uint64_t n, uint64_t seed, uint32_t epoch);

// Local. The same, keyed by the first eight words of a stream: for other purposes than the order of an epoch.
struct elbow_permutation elbow_permutation_keyed(uint64_t n, struct elbow_stream stream);

// Local. The element at a position below n.
uint64_t elbow_permutation_at(const struct elbow_permutation *permutation, uint64_t position);

ELBOW_C_END

#endif
