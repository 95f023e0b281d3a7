// SPDX-License-Identifier: BSD-3-Clause
// 64-bit hashes (XXH3 from xxHash) of bytes: checkpoints, configurations, tensor names.
#ifndef ELBOW_MATH_HASH_H
#define ELBOW_MATH_HASH_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Local. The hash of size bytes; of a text without its zero.
uint64_t elbow_hash_bytes(const void *bytes, size_t size);
uint64_t elbow_hash_text(const char *text);

// The same hash of bytes in pieces. Plain.
struct elbow_hash_state {
    unsigned char private_bytes[640] __attribute__((aligned(64)));
};

// Local. Begin, then any number of pieces of any sizes, then the hash of them all.
void elbow_hash_begin(struct elbow_hash_state *state);
void elbow_hash_add(struct elbow_hash_state *state, const void *bytes, size_t size);
uint64_t elbow_hash_end(const struct elbow_hash_state *state);

ELBOW_C_END

#endif
