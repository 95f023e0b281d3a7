// SPDX-License-Identifier: BSD-3-Clause
// Philox streams. Numbers are made block by block into small buffers, then turned into floats by vector kernels; each
// number depends on its place in the stream alone, so any split of a stream gives the same bits.
#include "elbow/math/random.h"

#include "elbow/base/status.h"
#include "elbow/math/vector.h"

#include <Random123/philox.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 4, CHUNK = 512 }; // words of a block; words made at a time, a multiple of BLOCK

static const float unit = 0x1p-24f;

struct generator {
    philox4x32_ctr_t counter; // of block 0
    philox4x32_key_t key;
};

static struct generator generator_of(struct elbow_stream stream)
{
    ELBOW_CHECK(stream.id < UINT64_C(1) << 56);
    ELBOW_CHECK(stream.purpose < 256);
    uint32_t purpose_and_id = (uint32_t)stream.purpose << 24 | (uint32_t)(stream.id >> 32);
    return (struct generator){
        .counter = {{0, (uint32_t)stream.id, purpose_and_id, stream.draw}},
        .key = {{(uint32_t)stream.seed, (uint32_t)(stream.seed >> 32)}},
    };
}

static void make_blocks(const struct generator *generator, uint32_t first, size_t count, uint32_t *restrict words)
{
    philox4x32_ctr_t counter = generator->counter;
    philox4x32_key_t key = generator->key;
    for (size_t i = 0; i < count; ++i) {
        counter.v[0] = first + (uint32_t)i;
        philox4x32_ctr_t block = philox4x32_R(10, counter, key);
        for (size_t w = 0; w < BLOCK; ++w)
            words[BLOCK * i + w] = block.v[w];
    }
}

// Words [first, first + n) for a first that begins a block.
static void make_words(const struct generator *generator, uint64_t first, size_t n, uint32_t *words)
{
    uint32_t block = (uint32_t)(first / BLOCK);
    size_t whole = n / BLOCK;
    make_blocks(generator, block, whole, words);
    if (n % BLOCK == 0)
        return;
    uint32_t last[BLOCK];
    make_blocks(generator, block + (uint32_t)whole, 1, last);
    memcpy(words + BLOCK * whole, last, n % BLOCK * sizeof *last);
}

// Block numbers have 32 bits; running over would use words twice.
static void check_range(uint64_t first, size_t n)
{
    const uint64_t limit = (uint64_t)BLOCK << 32;
    ELBOW_CHECK(first <= limit && n <= limit - first);
}

void elbow_random_words(struct elbow_stream stream, uint64_t first, size_t n, uint32_t *words)
{
    check_range(first, n);
    struct generator generator = generator_of(stream);
    size_t skip = first % BLOCK;
    if (skip > 0 && n > 0) {
        uint32_t block[BLOCK];
        make_words(&generator, first - skip, BLOCK, block);
        size_t head = n < BLOCK - skip ? n : BLOCK - skip;
        memcpy(words, block + skip, head * sizeof *words);
        first += head;
        words += head;
        n -= head;
    }
    if (n > 0)
        make_words(&generator, first, n, words);
}

void elbow_random_uniform(struct elbow_stream stream, size_t n, float *u)
{
    check_range(0, n);
    struct generator generator = generator_of(stream);
    uint32_t words[CHUNK];
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t count = n - first < CHUNK ? n - first : CHUNK;
        make_words(&generator, first, count, words);
        for (size_t i = 0; i < count; ++i)
            u[first + i] = (float)(int32_t)(words[i] >> 8) * unit;
    }
}

// pairs pairs of normal numbers from as many pairs of words.
static void normal_pairs(size_t pairs, const uint32_t *words, float *restrict z)
{
    float radius[CHUNK / 2] = {0}, sine[CHUNK / 2] = {0}, cosine[CHUNK / 2];
    for (size_t i = 0; i < pairs; ++i) {
        radius[i] = (float)(int32_t)((words[2 * i] >> 8) + 1) * unit;
        sine[i] = (float)(int32_t)(words[2 * i + 1] >> 8) * (2 * unit);
    }
    elbow_vector_log(pairs, radius, radius);
    elbow_vector_cossinpi(pairs, sine, cosine, sine);
    for (size_t i = 0; i < pairs; ++i) {
        float r = sqrtf(-2.0f * radius[i]);
        z[2 * i] = r * cosine[i];
        z[2 * i + 1] = r * sine[i];
    }
}

void elbow_random_normal(struct elbow_stream stream, size_t n, float *z)
{
    check_range(0, n);
    struct generator generator = generator_of(stream);
    uint32_t words[CHUNK];
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t count = n - first < CHUNK ? n - first : CHUNK;
        make_words(&generator, first, count + count % 2, words);
        if (count > 1)
            normal_pairs(count / 2, words, z + first);
        if (count % 2 == 0)
            continue;
        float last[2];
        normal_pairs(1, words + count - 1, last);
        z[first + count - 1] = last[0];
    }
}
