// SPDX-License-Identifier: BSD-3-Clause
// elbow-test-spoil: a damaged copy of a file. The same seed makes the same copy.
//
//   elbow-test-spoil FILE COPY SEED
//
// Prints the damage in one line.
#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 2048, BYTES_MAX = 64, BLOCK_MAX = 4096 };
static const size_t FILE_LIMIT = (size_t)1 << 30;

struct spoil {
    char *bytes;
    size_t size;
    uint64_t state;
};

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "elbow-test-spoil: %s: %s\n", what, why);
    exit(2);
}

// SplitMix64, in [0, limit).
static size_t draw(struct spoil *spoil, size_t limit)
{
    uint64_t x = spoil->state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (size_t)((x ^ x >> 31) % limit);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Random bytes in the first `limit` ones.
static void put_bytes(struct spoil *spoil, size_t limit, const char *where)
{
    size_t count = 1 + draw(spoil, BYTES_MAX);
    for (size_t i = 0; i < count; ++i)
        spoil->bytes[draw(spoil, limit)] = (char)draw(spoil, 256);
    printf("%zu random bytes %s\n", count, where);
}

static void put_anywhere(struct spoil *spoil)
{
    put_bytes(spoil, spoil->size, "anywhere");
}

// HDF5 keeps there what leads to all else.
static void put_in_head(struct spoil *spoil)
{
    put_bytes(spoil, smaller(spoil->size, HEAD), "in the head");
}

static void cut(struct spoil *spoil)
{
    spoil->size = draw(spoil, spoil->size);
    printf("cut at byte %zu\n", spoil->size);
}

static void put_zeros(struct spoil *spoil)
{
    size_t length = 1 + draw(spoil, smaller(spoil->size, BLOCK_MAX)), at = draw(spoil, spoil->size - length + 1);
    memset(spoil->bytes + at, 0, length);
    printf("%zu zeros at byte %zu\n", length, at);
}

static void swap_blocks(struct spoil *spoil)
{
    size_t length = 1 + draw(spoil, smaller(spoil->size / 2, BLOCK_MAX));
    size_t first = draw(spoil, spoil->size - 2 * length + 1);
    size_t second = first + length + draw(spoil, spoil->size - first - 2 * length + 1);
    for (size_t i = 0; i < length; ++i) {
        char byte = spoil->bytes[first + i];
        spoil->bytes[first + i] = spoil->bytes[second + i];
        spoil->bytes[second + i] = byte;
    }
    printf("%zu bytes at %zu swapped with those at %zu\n", length, first, second);
}

static void (*const KINDS[])(struct spoil *) = {cut, put_anywhere, put_in_head, put_zeros, swap_blocks};

static void write_copy(const char *path, const struct spoil *spoil)
{
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(spoil->bytes, 1, spoil->size, stream) != spoil->size || fclose(stream) != 0)
        give_up(path, strerror(errno));
}

int main(int argc, char **argv)
{
    struct elbow_error error = {0};
    struct spoil spoil = {0};
    if (argc != 4)
        give_up("usage", "elbow-test-spoil FILE COPY SEED");
    spoil.state = strtoull(argv[3], NULL, 10);
    if (elbow_file_read_input(argv[1], FILE_LIMIT, &spoil.bytes, &spoil.size, &error) != ELBOW_OK)
        give_up("no file", error.message);
    if (spoil.size < 2)
        give_up(argv[1], "is too short to be damaged");
    KINDS[draw(&spoil, sizeof KINDS / sizeof *KINDS)](&spoil);
    write_copy(argv[2], &spoil);
    elbow_release(&spoil.bytes);
    return EXIT_SUCCESS;
}
