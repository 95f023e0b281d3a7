// SPDX-License-Identifier: BSD-3-Clause
// XXH3 with its code inlined. XXH3 gives the same 64 bits on every processor, so hashes may be stored in files.
#define XXH_INLINE_ALL
#include "elbow/math/hash.h"

#include <string.h>
#include <xxhash.h>

uint64_t elbow_hash_bytes(const void *bytes, size_t size)
{
    return XXH3_64bits(bytes, size);
}

uint64_t elbow_hash_text(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}
