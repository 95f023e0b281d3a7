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

_Static_assert(sizeof(XXH3_state_t) <= sizeof(struct elbow_hash_state), "the state of XXH3 fits");
_Static_assert(_Alignof(XXH3_state_t) <= _Alignof(struct elbow_hash_state), "the state of XXH3 is aligned");

void elbow_hash_begin(struct elbow_hash_state *state)
{
    XXH3_64bits_reset((XXH3_state_t *)(void *)state);
}

void elbow_hash_add(struct elbow_hash_state *state, const void *bytes, size_t size)
{
    XXH3_64bits_update((XXH3_state_t *)(void *)state, bytes, size);
}

uint64_t elbow_hash_end(const struct elbow_hash_state *state)
{
    return XXH3_64bits_digest((const XXH3_state_t *)(const void *)state);
}
