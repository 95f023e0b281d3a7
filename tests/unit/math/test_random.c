// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/random.h"

#include "panic.h"
#include "ulp.h"
#include "unit.h"

#include <Random123/philox.h>
#include <string.h>

// Random123's known answers for philox4x32 with 10 rounds, laid into a stream's fields.
START_TEST(known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } answers[] = {
        {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; ++i) {
        const uint32_t *counter = answers[i].counter;
        struct elbow_stream stream = {
            .seed = (uint64_t)answers[i].key[1] << 32 | answers[i].key[0],
            .purpose = (enum elbow_purpose)(counter[2] >> 24),
            .id = (uint64_t)(counter[2] & 0xffffff) << 32 | counter[1],
            .draw = counter[3],
        };
        uint32_t words[4];
        elbow_random_words(stream, (uint64_t)counter[0] * 4, 4, words);
        ck_assert_mem_eq(words, answers[i].words, sizeof words);
    }
}
END_TEST

static const struct elbow_stream stream = {.seed = UINT64_C(0x123456789abcdef0),
                                           .purpose = ELBOW_PURPOSE_TRAIN_NOISE,
                                           .id = UINT64_C(0xabcdef01234567),
                                           .draw = 9};

// Our own layout, pinned: runs of all versions draw the same numbers.
START_TEST(pinned_layout)
{
    static const uint32_t pinned[6] = {0x4e31fa11, 0xa7d47c36, 0xa307cfa6, 0x15b030cf, 0x5c28fe30, 0xb808ea58};
    uint32_t words[6];
    elbow_random_words(stream, 2, 6, words);
    ck_assert_mem_eq(words, pinned, sizeof words);
}
END_TEST

START_TEST(each_field_matters)
{
    struct elbow_stream others[7] = {stream, stream, stream, stream, stream, stream, stream};
    others[1].seed ^= 1;
    others[2].seed ^= UINT64_C(1) << 63;
    others[3].purpose = ELBOW_PURPOSE_TRAIN_BINARIZE;
    others[4].id ^= 1;
    others[5].id ^= UINT64_C(1) << 55;
    others[6].draw ^= 1;
    uint32_t words[7][4];
    for (int i = 0; i < 7; ++i) {
        elbow_random_words(others[i], 0, 4, words[i]);
        for (int j = 0; j < i; ++j)
            ck_assert_mem_ne(words[i], words[j], sizeof words[i]);
    }
}
END_TEST

// Word `place` of a stream, by Random123's scalar code.
static uint32_t reference_word(struct elbow_stream of, uint64_t place)
{
    philox4x32_ctr_t counter = {
        {(uint32_t)(place / 4), (uint32_t)of.id, (uint32_t)of.purpose << 24 | (uint32_t)(of.id >> 32), of.draw}};
    philox4x32_key_t key = {{(uint32_t)of.seed, (uint32_t)(of.seed >> 32)}};
    return philox4x32(counter, key).v[place % 4];
}

// Enough words for several passes of vectors and a remainder, at both ends of the range of block numbers.
START_TEST(words_are_those_of_random123)
{
    enum { WORDS = 150, STREAMS = 50 };
    static const uint64_t starts[] = {0, 1, 3, 4, 34, 4 * 0x7ffffffeULL, 4 * 0xfffffff0ULL - 86, (4ULL << 32) - WORDS};
    for (uint64_t i = 0; i < STREAMS; ++i) {
        struct elbow_stream other = {.seed = i * UINT64_C(0x9e3779b97f4a7c15),
                                     .purpose = (enum elbow_purpose)(1 + i % 11),
                                     .id = i * UINT64_C(0xd1b54a32d192ed03) >> 8,
                                     .draw = (uint32_t)(i * 0x9e3779b9U)};
        for (size_t s = 0; s < sizeof starts / sizeof *starts; ++s) {
            uint32_t words[WORDS], expected[WORDS];
            for (size_t w = 0; w < WORDS; ++w)
                expected[w] = reference_word(other, starts[s] + w);
            elbow_random_words(other, starts[s], WORDS, words);
            ck_assert_mem_eq(words, expected, sizeof words);
        }
    }
}
END_TEST

enum { N = 1301 }; // more than two chunks, and odd

START_TEST(words_of_any_range_are_the_same)
{
    uint32_t whole[N], part[N];
    elbow_random_words(stream, 0, N, whole);
    for (size_t first = 0; first < 40; ++first)
        for (size_t n = 0; n < 40; ++n) {
            memset(part, 0, sizeof part);
            elbow_random_words(stream, first, n, part);
            ck_assert_mem_eq(part, whole + first, n * sizeof *part);
            ck_assert_uint_eq(part[n], 0);
        }
    elbow_random_words(stream, 511, N - 511, part);
    ck_assert_mem_eq(part, whole + 511, (N - 511) * sizeof *part);
}
END_TEST

START_TEST(uniform_follows_its_formula_for_any_length)
{
    uint32_t words[N];
    float u[N + 1];
    elbow_random_words(stream, 0, N, words);
    for (size_t n = 0; n <= N; n += n < 40 || n > 1020 ? 1 : 31) {
        u[n] = -7.0f;
        elbow_random_uniform(stream, n, u);
        size_t right = 0;
        while (right < n && u[right] == (float)(words[right] >> 8) * 0x1p-24f)
            ++right;
        ck_assert_uint_eq(right, n);
        ck_assert(u[n] == -7.0f);
    }
}
END_TEST

START_TEST(normal_follows_its_formula_for_any_length)
{
    uint32_t words[N + 1];
    float whole[N], z[N + 1];
    elbow_random_words(stream, 0, N + 1, words);
    elbow_random_normal(stream, N, whole);
    for (size_t i = 0; i < N; ++i) {
        double u = (double)((words[i & ~(size_t)1] >> 8) + 1) * 0x1p-24, v = (double)(words[i | 1] >> 8) * 0x1p-24;
        double radius = sqrt(-2.0 * log(u)), angle = 2.0 * M_PI * v;
        double expected = radius * (i % 2 == 0 ? cos(angle) : sin(angle));
        // log 1 ULP (halved by the root), root, product 0.5 each, cosine 4: below 6 ULP. Zeros of the cosine are exact
        // in the kernel and 1e-16 in the reference.
        ck_assert_msg(ulp_error(whole[i], expected) <= 6.0 || fabs((double)whole[i] - expected) < 1e-14, "z[%zu]", i);
    }
    for (size_t n = 0; n <= N; n += n < 70 || n > 1020 ? 1 : 31) {
        z[n] = -7.0f;
        elbow_random_normal(stream, n, z);
        ck_assert_mem_eq(z, whole, n * sizeof *z);
        ck_assert(z[n] == -7.0f);
    }
}
END_TEST

// Means of n standardised numbers stray by 1/sqrt(n): five of those are met once in two million runs, and the streams
// are fixed, so these tests pass always or never.
START_TEST(moments)
{
    enum { COUNT = 200000 };
    static float x[COUNT];
    const double sigma = 1.0 / sqrt((double)COUNT);
    double mean = 0.0, square = 0.0;
    elbow_random_uniform(stream, COUNT, x);
    size_t outside = 0;
    for (size_t i = 0; i < COUNT; ++i) {
        outside += !(x[i] >= 0.0f && x[i] < 1.0f);
        mean += (double)x[i] / COUNT;
        square += (double)x[i] * (double)x[i] / COUNT;
    }
    ck_assert_uint_eq(outside, 0);
    ck_assert_double_eq_tol(mean, 0.5, 5 * sigma * sqrt(1.0 / 12.0));
    ck_assert_double_eq_tol(square, 1.0 / 3.0, 5 * sigma * sqrt(4.0 / 45.0));

    double product = 0.0, fourth = 0.0;
    mean = square = 0.0;
    elbow_random_normal(stream, COUNT, x);
    for (size_t i = 0; i < COUNT; ++i) {
        double z = (double)x[i];
        mean += z / COUNT;
        square += z * z / COUNT;
        fourth += z * z * z * z / COUNT;
        product += i % 2 == 1 ? z * (double)x[i - 1] / (COUNT * 0.5) : 0.0;
    }
    ck_assert_double_eq_tol(mean, 0.0, 5 * sigma);
    ck_assert_double_eq_tol(square, 1.0, 5 * sigma * sqrt(2.0));
    ck_assert_double_eq_tol(fourth, 3.0, 5 * sigma * sqrt(96.0));
    ck_assert_double_eq_tol(product, 0.0, 5 * sigma * sqrt(2.0));
}
END_TEST

static void too_many_words(void)
{
    uint32_t words[8];
    elbow_random_words(stream, (UINT64_C(1) << 34) - 4, 8, words);
}

static void too_large_an_id(void)
{
    float u;
    elbow_random_uniform((struct elbow_stream){.id = UINT64_C(1) << 56, .purpose = ELBOW_PURPOSE_ORDER}, 1, &u);
}

START_TEST(no_word_is_used_twice)
{
    ck_assert(panics(too_many_words));
    ck_assert(panics(too_large_an_id));
}
END_TEST

UNIT_MAIN("math/random", known_answers, words_are_those_of_random123, pinned_layout, each_field_matters,
          words_of_any_range_are_the_same, uniform_follows_its_formula_for_any_length,
          normal_follows_its_formula_for_any_length, moments, no_word_is_used_twice)
