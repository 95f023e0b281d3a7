// SPDX-License-Identifier: BSD-3-Clause
// The keyed permutation. Each round combines one half with a keyed hash of the other by exclusive or. Applying it again
// undoes it, so any round function gives a bijection of [0, 2^bits). Walking a cycle until it returns below n makes it
// a bijection of [0, n). 2^bits < 2n for n > 32, hence fewer than two steps on average.
#include "elbow/math/permutation.h"

#include "elbow/base/status.h"

// Halves of one or two bits mix too slowly for eight rounds: a pair of elements keeps a trace of its difference.
enum { ROUNDS = 8, BITS_MIN = 6, BITS_MAX = 48 };

struct elbow_permutation elbow_permutation_keyed(uint64_t n, struct elbow_stream stream)
{
    ELBOW_CHECK(n >= 1 && n <= UINT64_C(1) << BITS_MAX);
    unsigned bits = BITS_MIN;
    while (UINT64_C(1) << bits < n)
        ++bits;
    struct elbow_permutation permutation = {.n = n, .left_bits = bits / 2, .right_bits = bits - bits / 2};
    elbow_random_words(stream, 0, ROUNDS, permutation.keys);
    return permutation;
}

struct elbow_permutation elbow_permutation_create(uint64_t n, uint64_t seed, uint32_t epoch)
{
    return elbow_permutation_keyed(n,
                                   (struct elbow_stream){.seed = seed, .purpose = ELBOW_PURPOSE_ORDER, .draw = epoch});
}

// A bijection of 32-bit words in which every bit of the input moves every bit of the output: two multiplications
// between shifts, with constants of low bias found by search (Wellons 2018, "Prospecting for hash functions").
static uint32_t mix(uint32_t x)
{
    x = (x ^ x >> 16) * UINT32_C(0x7feb352d);
    x = (x ^ x >> 15) * UINT32_C(0x846ca68b);
    return x ^ x >> 16;
}

static uint64_t encipher(const struct elbow_permutation *permutation, uint64_t value)
{
    uint32_t left_mask = (UINT32_C(1) << permutation->left_bits) - 1;
    uint32_t right_mask = (UINT32_C(1) << permutation->right_bits) - 1;
    uint32_t left = (uint32_t)(value >> permutation->right_bits), right = (uint32_t)value & right_mask;
    for (int round = 0; round < ROUNDS; round += 2) {
        left ^= mix(right ^ permutation->keys[round]) & left_mask;
        right ^= mix(left ^ permutation->keys[round + 1]) & right_mask;
    }
    return (uint64_t)left << permutation->right_bits | right;
}

uint64_t elbow_permutation_at(const struct elbow_permutation *permutation, uint64_t position)
{
    ELBOW_CHECK(position < permutation->n);
    uint64_t value = encipher(permutation, position);
    while (value >= permutation->n)
        value = encipher(permutation, value);
    return value;
}
