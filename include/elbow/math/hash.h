// SPDX-License-Identifier: BSD-3-Clause
// 64-bit hashes (XXH3 from xxHash) of bytes: checkpoints, configurations, tensor names.
#ifndef ELBOW_MATH_HASH_H
#define ELBOW_MATH_HASH_H

#include <stddef.h>
#include <stdint.h>

// Local. The hash of size bytes; of a text without its zero.
uint64_t elbow_hash_bytes(const void *bytes, size_t size);
uint64_t elbow_hash_text(const char *text);

#endif
