// SPDX-License-Identifier: BSD-3-Clause
// Missing values on their way to the model: they are 0 after any transform, and are counted; the mask is behind the
// values of each place; hidden values depend on the sample alone.
#include "elbow/data/collate.h"

#include "unit.h"

#include <string.h>

enum { SAMPLES = 40, PLACES = 9, CHANNELS = 2, VALUES = PLACES * CHANNELS, ROWS = 5, BYTES = (VALUES + 7) / 8 };

static float stored[SAMPLES][VALUES];
static unsigned char bits[SAMPLES][BYTES];

static struct elbow_dataset dataset = {.name = "test",
                                       .samples = SAMPLES,
                                       .values = VALUES,
                                       .rank = 3,
                                       .shape = {3, 3, CHANNELS},
                                       .element = ELBOW_ELEMENT_FLOAT32,
                                       .scale = {.factor = 2, .offset = -7},
                                       .rows = {.base = stored},
                                       .known = {.base = bits}};

static bool is_known(size_t sample, size_t value)
{
    return (sample * 7 + value * 5) % 3 != 0;
}

static struct elbow_collation make(double hide)
{
    for (size_t i = 0; i < SAMPLES; ++i)
        for (size_t d = 0; d < VALUES; ++d) {
            stored[i][d] = is_known(i, d) ? (float)(i + d + 1) : 0;
            bits[i][d / 8] = (unsigned char)(bits[i][d / 8] | (is_known(i, d) ? 1U << d % 8 : 0U));
        }
    return (struct elbow_collation){.dataset = &dataset,
                                    .binarizer = {.seed = 3},
                                    .noise = ELBOW_PURPOSE_EVAL_NOISE,
                                    .latent = 1,
                                    .inputs = {.dataset = &dataset, .shows_mask = true},
                                    .hide = hide};
}

static struct elbow_microbatch take(const struct elbow_collation *collation, size_t first,
                                    struct elbow_collated *collated)
{
    for (size_t i = 0; i < ROWS; ++i)
        collated->ids[i] = (first + i) % SAMPLES;
    return elbow_collate(collation, 0, ROWS, collated);
}

START_TEST(missing_values_are_zero_and_told_of)
{
    struct elbow_error error = {0};
    struct elbow_collated collated;
    for (int kind = 0; kind < 2; ++kind) {
        struct elbow_collation collation = make(0);
        collation.binarizer.kind = kind == 0 ? ELBOW_BINARIZE_NONE : ELBOW_BINARIZE_THRESHOLD;
        collation.binarizer.threshold = -100;
        ck_assert_int_eq(elbow_collated_create(&collation, ROWS, &collated, &error), ELBOW_OK);
        struct elbow_microbatch microbatch = take(&collation, 11, &collated);
        for (size_t i = 0; i < ROWS; ++i)
            for (size_t d = 0; d < VALUES; ++d) {
                float known = is_known(11 + i, d) ? 1 : 0;
                float value = known == 0 ? 0 : kind == 0 ? 2 * (float)(11 + i + d + 1) - 7 : 1;
                const float *place = microbatch.inputs + 2 * (i * VALUES + d / CHANNELS * CHANNELS) + d % CHANNELS;
                ck_assert(microbatch.values[i * VALUES + d] == value && microbatch.known[i * VALUES + d] == known);
                ck_assert(place[0] == value && place[CHANNELS] == known);
            }
        elbow_collated_destroy(&collated);
    }
}
END_TEST

START_TEST(what_is_hidden_follows_from_the_sample)
{
    struct elbow_error error = {0};
    struct elbow_collation collation = make(0.25);
    struct elbow_collated one, other;
    size_t hidden = 0, all = 0;
    ck_assert_int_eq(elbow_collated_create(&collation, ROWS, &one, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_collated_create(&collation, ROWS, &other, &error), ELBOW_OK);
    for (size_t first = 0; first < SAMPLES; first += ROWS) {
        struct elbow_microbatch microbatch = take(&collation, first, &one);
        take(&collation, first + 1, &other); // a row later
        ck_assert(memcmp(one.hidden + VALUES, other.hidden, (ROWS - 1) * VALUES * sizeof(float)) == 0);
        for (size_t n = 0; n < ROWS * VALUES; ++n) {
            size_t sample = first + n / VALUES, d = n % VALUES;
            bool is_hidden = one.hidden[n] == 1;
            ck_assert(is_hidden || one.hidden[n] == 0);
            ck_assert(!is_hidden || is_known(sample, d));
            ck_assert(microbatch.known[n] == (is_known(sample, d) && !is_hidden ? 1 : 0));
            ck_assert(one.truth[n] == (is_known(sample, d) ? 2 * (float)(sample + d + 1) - 7 : 0));
            ck_assert(microbatch.values[n] == (is_hidden ? 0 : one.truth[n]));
            hidden += is_hidden;
            all += is_known(sample, d);
        }
    }
    ck_assert(hidden > all * 2 / 10 && hidden < all * 3 / 10);
    elbow_collated_destroy(&one);
    elbow_collated_destroy(&other);
}
END_TEST

// Number of values in one place, by the layout.
START_TEST(places_have_channels)
{
    const struct {
        enum elbow_layout layout;
        size_t rank;
        uint64_t shape[4];
        size_t channels;
    } cases[] = {{ELBOW_LAYOUT_AUTO, 1, {12}, 12},       {ELBOW_LAYOUT_AUTO, 2, {3, 4}, 1},
                 {ELBOW_LAYOUT_AUTO, 3, {2, 2, 3}, 3},   {ELBOW_LAYOUT_ROWS, 2, {3, 4}, 12},
                 {ELBOW_LAYOUT_SERIES, 1, {12}, 1},      {ELBOW_LAYOUT_SERIES, 2, {6, 2}, 2},
                 {ELBOW_LAYOUT_IMAGE, 2, {3, 4}, 1},     {ELBOW_LAYOUT_IMAGE, 3, {2, 2, 3}, 3},
                 {ELBOW_LAYOUT_VOLUME, 3, {2, 2, 3}, 1}, {ELBOW_LAYOUT_VOLUME, 4, {1, 2, 2, 3}, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_dataset shaped = {.layout = cases[i].layout, .rank = cases[i].rank, .values = 12};
        memcpy(shaped.shape, cases[i].shape, sizeof cases[i].shape);
        ck_assert_uint_eq(elbow_dataset_channels(&shaped), cases[i].channels);
    }
}
END_TEST

// Several draws of a sample are one stream, which lies block by block: the first is that of one draw.
START_TEST(draws_are_one_stream)
{
    enum { Z = 3, DRAWS = 99, COUNT = 2 };
    static float blocks[DRAWS * COUNT * Z], row[DRAWS * Z];
    static const uint64_t ids[COUNT] = {7, 31};
    elbow_batch_noise_blocks(3, ELBOW_PURPOSE_TRAIN_NOISE, 2, COUNT, ids, Z, DRAWS, blocks);
    for (size_t i = 0; i < COUNT; ++i) {
        elbow_batch_noise(3, ELBOW_PURPOSE_TRAIN_NOISE, 2, 1, ids + i, DRAWS * Z, row);
        for (size_t k = 0; k < DRAWS; ++k)
            ck_assert(memcmp(row + k * Z, blocks + (k * COUNT + i) * Z, Z * sizeof *row) == 0);
    }
}
END_TEST

UNIT_MAIN("data/collate", draws_are_one_stream, missing_values_are_zero_and_told_of,
          what_is_hidden_follows_from_the_sample, places_have_channels)
