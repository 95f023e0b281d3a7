// SPDX-License-Identifier: BSD-3-Clause
// Rows in pages against the same rows in memory: every value, every span, the mask of known values, microbatches.
#include "elbow/data/collate.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/prefetch.h"
#include "fake_pages.h"
#include "unit.h"

#include <string.h>

static struct elbow_error error;
static uint16_t stored[SAMPLES * VALUES];
static unsigned char bits[SAMPLES];

struct pair {
    struct elbow_dataset resident, paged;
};

static struct pair make(bool is_sparse)
{
    struct elbow_dataset both = {.name = "test",
                                 .samples = SAMPLES,
                                 .values = VALUES,
                                 .rank = 1,
                                 .shape = {VALUES},
                                 .element = ELBOW_ELEMENT_UINT16,
                                 .scale = {.factor = 0.25, .offset = -3}};
    struct pair pair = {both, both};
    for (uint64_t i = 0; i < (uint64_t)SAMPLES * VALUES; ++i) {
        bool is_zero = is_sparse && i % VALUES >= fake_entries(i / VALUES);
        stored[i] = is_zero ? 0 : fake_value(i / VALUES, i % VALUES);
    }
    for (uint64_t i = 0; i < SAMPLES; ++i)
        bits[i] = (unsigned char)i;
    pair.resident.rows.base = stored;
    pair.resident.known.base = bits;
    pair.paged.is_sparse = is_sparse;
    pair.paged.pages = fake_open(is_sparse, 0);
    return pair;
}

START_TEST(test_spans_are_alike)
{
    const size_t lengths[] = {1, 3, VALUES, PAGE_ROWS * VALUES, 777, ELBOW_ROWS_PIECE};
    struct elbow_rows_buffer buffer;
    uint64_t all = (uint64_t)SAMPLES * VALUES;
    for (int is_sparse = 0; is_sparse < 2; ++is_sparse) {
        struct pair pair = make(is_sparse == 1);
        ck_assert_uint_eq(elbow_rows_step(&pair.paged, 1 << 20), ELBOW_ROWS_PIECE);
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; ++k)
            for (uint64_t first = 0; first < all; first += lengths[k]) {
                size_t n = all - first < lengths[k] ? (size_t)(all - first) : lengths[k];
                ck_assert_mem_eq(elbow_rows_stored(&pair.paged, first, n, &buffer), stored + first, n * sizeof *stored);
            }
        ck_assert(elbow_rows_at(&pair.paged, 4711) == stored[4711]);
        elbow_pages_destroy(pair.paged.pages);
    }
}
END_TEST

START_TEST(test_samples_are_alike)
{
    for (int is_sparse = 0; is_sparse < 2; ++is_sparse) {
        struct pair pair = make(is_sparse == 1);
        ck_assert(elbow_dataset_has_known(&pair.paged) && elbow_dataset_has_known(&pair.resident));
        for (uint64_t i = 0, sample = 0; i < SAMPLES; ++i, sample = (sample + 389) % SAMPLES) {
            float a[VALUES], b[VALUES];
            double x[VALUES], y[VALUES];
            elbow_dataset_sample(&pair.resident, sample, a);
            elbow_dataset_sample(&pair.paged, sample, b);
            ck_assert_mem_eq(a, b, sizeof a);
            elbow_dataset_scaled(&pair.resident, sample, x);
            elbow_dataset_scaled(&pair.paged, sample, y);
            ck_assert_mem_eq(x, y, sizeof x);
            elbow_dataset_known(&pair.resident, sample, a);
            elbow_dataset_known(&pair.paged, sample, b);
            ck_assert_mem_eq(a, b, sizeof a);
            ck_assert_uint_eq(elbow_rows_count_known(&pair.paged, sample),
                              elbow_rows_count_known(&pair.resident, sample));
            ck_assert_int_eq(elbow_rows_knows(&pair.paged, sample, 3), elbow_rows_knows(&pair.resident, sample, 3));
        }
        elbow_pages_destroy(pair.paged.pages);
    }
}
END_TEST

static struct elbow_collation collation_of(const struct elbow_dataset *dataset)
{
    return (struct elbow_collation){.dataset = dataset,
                                    .binarizer = {.seed = 3},
                                    .noise = ELBOW_PURPOSE_TRAIN_NOISE,
                                    .latent = 2,
                                    .inputs = {.dataset = dataset, .shows_mask = true},
                                    .is_training = true};
}

// Microbatches of pages that come ahead, or late, are those of rows in memory.
START_TEST(test_microbatches_are_alike)
{
    struct fake_run run = {
        .kind = ELBOW_ORDER_WINDOWS, .batch = 60, .microbatch = 20, .window_pages = 3, .segments = {0, 3}};
    struct elbow_page_order *order = fake_order(&run);
    struct elbow_order paged = elbow_order_paged(order);
    for (int variant = 0; variant < 8; ++variant) {
        struct pair pair = make(variant % 2 == 1);
        struct elbow_collation resident = collation_of(&pair.resident);
        struct elbow_data_source source = {
            .collation = collation_of(&pair.paged), .order = paged, .rows_max = run.microbatch};
        struct elbow_prefetch *prefetch = NULL;
        struct elbow_collated collated;
        ck_assert_int_eq(elbow_collated_create(&resident, run.microbatch, &collated, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_pages_follow(pair.paged.pages, order, run.segments, 0, variant / 2 % 2 == 1, &error),
                         ELBOW_OK);
        ck_assert_int_eq(elbow_prefetch_create(&source, variant / 4 == 1, &prefetch, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_prefetch_start(prefetch, &error), ELBOW_OK);
        struct elbow_sequence sequence = {
            .samples = SAMPLES, .batch = run.batch, .microbatch = run.microbatch, .last_step = 30, .size = 1};
        struct elbow_step_place place = elbow_sequence_place(&sequence, 0);
        struct elbow_microbatch_range wanted = elbow_sequence_range(&sequence, &place, 0), next;
        for (uint64_t step = 0, number = 0; step < 30;) {
            bool goes_on = elbow_sequence_after(&sequence, &place, number, &next);
            struct elbow_microbatch b = elbow_prefetch_take(prefetch, &wanted, goes_on ? &next : NULL);
            elbow_order_fill(&paged, wanted.epoch, wanted.first, wanted.rows, collated.ids);
            struct elbow_microbatch a = elbow_collate(&resident, wanted.epoch, wanted.rows, &collated);
            ck_assert_mem_eq(a.values, b.values, wanted.rows * VALUES * sizeof *a.values);
            ck_assert_mem_eq(a.known, b.known, wanted.rows * VALUES * sizeof *a.known);
            ck_assert_mem_eq(a.noise, b.noise, wanted.rows * 2 * sizeof *a.noise);
            number = number + 1 < place.microbatches ? number + 1 : 0;
            step += number == 0;
            place = elbow_sequence_place(&sequence, step);
            wanted = next;
        }
        elbow_prefetch_destroy(prefetch);
        elbow_collated_destroy(&collated);
        elbow_pages_destroy(pair.paged.pages);
    }
    elbow_page_order_destroy(order);
}
END_TEST

START_TEST(test_setup)
{
    fake_setup();
}
END_TEST

START_TEST(test_end)
{
    fake_end();
}
END_TEST

UNIT_MAIN("data/rows_paged", test_setup, test_spans_are_alike, test_samples_are_alike, test_microbatches_are_alike,
          test_end)
