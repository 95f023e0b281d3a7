// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/permutation.h"

#include "panic.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { LARGEST = 70000 };

static void check_bijective(uint64_t n, uint64_t seed, uint32_t epoch)
{
    static unsigned char seen[LARGEST];
    memset(seen, 0, n);
    struct elbow_permutation permutation = elbow_permutation_create(n, seed, epoch);
    for (uint64_t position = 0; position < n; ++position) {
        uint64_t element = elbow_permutation_at(&permutation, position);
        if (element >= n || seen[element])
            ck_abort_msg("n %lu, position %lu", (unsigned long)n, (unsigned long)position);
        seen[element] = 1;
    }
}

START_TEST(each_element_once)
{
    for (uint64_t n = 1; n <= 300; ++n)
        for (uint32_t epoch = 0; epoch < 3; ++epoch)
            check_bijective(n, 17, epoch);
    for (uint64_t power = 512; power < LARGEST; power *= 2)
        for (uint64_t n = power - 1; n <= power + 1; ++n)
            check_bijective(n, 1, 0);
    static const uint64_t some[] = {997, 7919, 10000, 50000, 60000, 65521};
    for (size_t i = 0; i < sizeof some / sizeof *some; ++i)
        check_bijective(some[i], UINT64_MAX, UINT32_MAX);
}
END_TEST

// Our own layout, pinned: runs of all versions take samples in the same order.
START_TEST(pinned_order)
{
    static const uint64_t small[10] = {9, 0, 3, 6, 2, 5, 8, 7, 1, 4},
                          large[3] = {UINT64_C(220913796757434), UINT64_C(120026081467578), UINT64_C(203811714316144)};
    struct elbow_permutation permutation = elbow_permutation_create(10, 42, 3);
    for (uint64_t i = 0; i < 10; ++i)
        ck_assert_uint_eq(elbow_permutation_at(&permutation, i), small[i]);
    permutation = elbow_permutation_create(UINT64_C(1) << 48, 42, 3);
    for (uint64_t i = 0; i < 3; ++i)
        ck_assert_uint_eq(elbow_permutation_at(&permutation, i), large[i]);
}
END_TEST

static uint64_t fixed_points(uint64_t n, struct elbow_permutation a, struct elbow_permutation b)
{
    uint64_t same = 0;
    for (uint64_t i = 0; i < n; ++i)
        same += elbow_permutation_at(&a, i) == elbow_permutation_at(&b, i);
    return same;
}

// Two random permutations agree in a Poisson(1) number of places: more than 12 has a chance below 1e-10.
START_TEST(epochs_and_seeds_differ)
{
    const uint64_t n = 60000;
    struct elbow_permutation base = elbow_permutation_create(n, 5, 0);
    ck_assert_uint_le(fixed_points(n, base, elbow_permutation_create(n, 5, 1)), 12);
    ck_assert_uint_le(fixed_points(n, base, elbow_permutation_create(n, 6, 0)), 12);
    ck_assert_uint_le(fixed_points(n, base, elbow_permutation_create(n, 5 + (UINT64_C(1) << 32), 0)), 12);
    ck_assert_uint_eq(fixed_points(n, base, elbow_permutation_create(n, 5, 0)), n);
}
END_TEST

// Pearson's statistic of `cells` counts that should be equal has mean cells - 1 and variance 2 (cells - 1): six
// standard deviations above are never met by a good generator (the keys are fixed: the test passes always or never).
static void check_even(const char *what, const unsigned *counts, size_t cells, double expected)
{
    double statistic = 0.0;
    for (size_t i = 0; i < cells; ++i)
        statistic += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    double mean = (double)cells - 1.0;
    ck_assert_msg(statistic < mean + 6.0 * sqrt(2.0 * mean), "%s: %.1f for %.1f", what, statistic, mean);
}

START_TEST(elements_are_spread_evenly_over_epochs)
{
    static const uint64_t sizes[] = {2, 3, 4, 7, 8, 10, 16, 33};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; ++s) {
        uint64_t n = sizes[s];
        unsigned first[33] = {0}, pairs[33 * 33] = {0};
        const uint32_t epochs = 40000;
        for (uint32_t epoch = 0; epoch < epochs; ++epoch) {
            struct elbow_permutation permutation = elbow_permutation_create(n, 11, epoch);
            uint64_t a = elbow_permutation_at(&permutation, 0), b = elbow_permutation_at(&permutation, 1);
            ++first[a];
            ++pairs[a * (n - 1) + (b > a ? b - 1 : b)];
        }
        check_even("first element", first, n, (double)epochs / (double)n);
        check_even("first two elements", pairs, n * (n - 1), (double)epochs / (double)(n * (n - 1)));
    }
}
END_TEST

START_TEST(all_orders_of_four_are_equally_likely)
{
    unsigned counts[24] = {0};
    const uint32_t epochs = 48000;
    for (uint32_t epoch = 0; epoch < epochs; ++epoch) {
        struct elbow_permutation permutation = elbow_permutation_create(4, 12, epoch);
        uint64_t order[4], number = 0;
        for (uint64_t i = 0; i < 4; ++i)
            order[i] = elbow_permutation_at(&permutation, i);
        // The Lehmer code: how many later elements are smaller.
        for (uint64_t i = 0; i < 3; ++i) {
            uint64_t smaller = 0;
            for (uint64_t j = i + 1; j < 4; ++j)
                smaller += order[j] < order[i];
            number = number * (4 - i) + smaller;
        }
        ++counts[number];
    }
    check_even("orders of four", counts, 24, epochs / 24.0);
}
END_TEST

// Within one epoch: neighbours in the order are no neighbours in the data, and every batch draws from the whole of it.
START_TEST(an_epoch_is_well_mixed)
{
    enum { SIZE = 60000, BINS = 60 };
    static unsigned counts[BINS * BINS], steps[BINS];
    struct elbow_permutation permutation = elbow_permutation_create(SIZE, 3, 0);
    uint64_t previous = elbow_permutation_at(&permutation, SIZE - 1);
    for (uint64_t i = 0; i < SIZE; ++i) {
        uint64_t element = elbow_permutation_at(&permutation, i);
        ++counts[i / (SIZE / BINS) * BINS + element / (SIZE / BINS)];
        ++steps[(element + SIZE - previous) % SIZE / (SIZE / BINS)];
        previous = element;
    }
    check_even("position against element", counts, (size_t)BINS * BINS, (double)SIZE / (BINS * BINS));
    check_even("steps from one to the next", steps, BINS, (double)SIZE / BINS);
}
END_TEST

static void none(void)
{
    elbow_permutation_create(0, 1, 0);
}

static void too_many(void)
{
    elbow_permutation_create((UINT64_C(1) << 48) + 1, 1, 0);
}

static void beyond(void)
{
    struct elbow_permutation permutation = elbow_permutation_create(5, 1, 0);
    elbow_permutation_at(&permutation, 5);
}

START_TEST(broken_contracts)
{
    ck_assert(panics(none));
    ck_assert(panics(too_many));
    ck_assert(panics(beyond));
}
END_TEST

UNIT_MAIN("math/permutation", each_element_once, pinned_order, epochs_and_seeds_differ,
          elements_are_spread_evenly_over_epochs, all_orders_of_four_are_equally_likely, an_epoch_is_well_mixed,
          broken_contracts)
