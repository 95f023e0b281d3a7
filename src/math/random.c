// SPDX-License-Identifier: BSD-3-Clause
// Philox streams. Numbers are made block by block into small buffers, then turned into floats by vector kernels; each
// number depends on its place in the stream alone, so any split of a stream gives the same bits. Blocks are integers:
// vectors of any width make the words of Random123's scalar code, whose types and constants are used.
#include "elbow/math/random.h"

#include "elbow/base/status.h"
#include "elbow/math/vector.h"

#include <Random123/philox.h>
#include <math.h>
#include <string.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

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

#if defined(__AVX512F__)
enum { LANES = 8, GROUPS = 1 };
typedef uint64_t lanes __attribute__((vector_size(64)));
static const lanes lane_number = {0, 1, 2, 3, 4, 5, 6, 7};
static const lanes first_half = {0, 8, 1, 9, 2, 10, 3, 11}, second_half = {4, 12, 5, 13, 6, 14, 7, 15};
#elif defined(__AVX2__)
enum { LANES = 4, GROUPS = 2 };
typedef uint64_t lanes __attribute__((vector_size(32)));
static const lanes lane_number = {0, 1, 2, 3};
static const lanes first_half = {0, 4, 1, 5}, second_half = {2, 6, 3, 7};
#elif defined(__SSE2__)
enum { LANES = 2, GROUPS = 2 };
typedef uint64_t lanes __attribute__((vector_size(16)));
static const lanes lane_number = {0, 1}, first_half = {0, 2}, second_half = {1, 3};
#else // any other processor: one block at a time
enum { LANES = 1, GROUPS = 1 };
typedef uint64_t lanes __attribute__((vector_size(8)));
static const lanes lane_number = {0}, first_half = {0}, second_half = {1};
#endif
enum { PASS = GROUPS * LANES }; // blocks made at a time

static inline lanes everywhere(uint32_t number)
{
    return (lanes){0} + number;
}

// The products of the lower halves: on x86 one instruction, which GCC does not find in the last line.
static inline lanes multiply(lanes a, lanes b)
{
#if defined(__AVX512F__)
    return (lanes)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (lanes)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (lanes)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

// Elements of a and b, counted through both.
static inline lanes pick(lanes a, lanes b, lanes which)
{
#if defined(__clang__) // which has no such function for indices in a variable
    lanes picked = {0};
    for (int i = 0; i < LANES; ++i)
        picked[i] = which[i] < LANES ? a[which[i]] : b[which[i] - LANES];
    return picked;
#else
    return __builtin_shuffle(a, b, which);
#endif
}

// Blocks [first, first + PASS). The lower half of a lane holds a word of its block; the upper half is a remainder of
// the arithmetic. Groups are computed side by side, so that the work of one hides the latency of another.
static inline void make_pass(philox4x32_ctr_t counter, philox4x32_key_t key, uint32_t first, lanes (*blocks)[2])
{
    const lanes low = everywhere(UINT32_MAX);
    lanes x[GROUPS][BLOCK];
    for (int g = 0; g < GROUPS; ++g) {
        x[g][0] = everywhere(first + (uint32_t)(g * LANES)) + lane_number;
        for (int w = 1; w < BLOCK; ++w)
            x[g][w] = everywhere(counter.v[w]);
    }
    for (int round = 0; round < 10; ++round) {
        for (int g = 0; g < GROUPS; ++g) {
            lanes a = multiply(x[g][0], everywhere(PHILOX_M4x32_0));
            lanes b = multiply(x[g][2], everywhere(PHILOX_M4x32_1));
            x[g][0] = b >> 32 ^ x[g][1] ^ everywhere(key.v[0]);
            x[g][1] = b;
            x[g][2] = a >> 32 ^ x[g][3] ^ everywhere(key.v[1]);
            x[g][3] = a;
        }
        key.v[0] += PHILOX_W32_0;
        key.v[1] += PHILOX_W32_1;
    }
    for (int g = 0; g < GROUPS; ++g) {
        lanes front = (x[g][0] & low) | x[g][1] << 32, back = (x[g][2] & low) | x[g][3] << 32;
        blocks[g][0] = pick(front, back, first_half);
        blocks[g][1] = pick(front, back, second_half);
    }
}
// Words [first, first + n) for a first that begins a block. The last pass is made whole, and cut.
static void make_words(const struct generator *generator, uint64_t first, size_t n, uint32_t *restrict words)
{
    const size_t whole = (size_t)PASS * BLOCK;
    const philox4x32_ctr_t counter = generator->counter;
    const philox4x32_key_t key = generator->key;
    uint32_t block = (uint32_t)(first / BLOCK);
    for (; n > 0; block += PASS) {
        lanes blocks[GROUPS][2];
        make_pass(counter, key, block, blocks);
        if (n < whole) {
            memcpy(words, blocks, n * sizeof *words);
            return;
        }
        memcpy(words, blocks, sizeof blocks);
        words += whole;
        n -= whole;
    }
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

void elbow_random_normal_from(struct elbow_stream stream, size_t from, size_t n, float *z)
{
    check_range(from, n);
    ELBOW_CHECK(from % 2 == 0);
    struct generator generator = generator_of(stream);
    uint32_t words[CHUNK];
    for (size_t first = 0; first < n; first += CHUNK) {
        size_t count = n - first < CHUNK ? n - first : CHUNK;
        make_words(&generator, from + first, count + count % 2, words);
        if (count > 1)
            normal_pairs(count / 2, words, z + first);
        if (count % 2 == 0)
            continue;
        float last[2];
        normal_pairs(1, words + count - 1, last);
        z[first + count - 1] = last[0];
    }
}

void elbow_random_normal(struct elbow_stream stream, size_t n, float *z)
{
    elbow_random_normal_from(stream, 0, n, z);
}
