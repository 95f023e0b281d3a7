// SPDX-License-Identifier: BSD-3-Clause
// The model with several likelihoods, each of which has columns of a row, against their own rows of the table with the
// values gathered by hand.
#include "elbow/vae/model.h"

#include "likelihood_subject.h"
#include "reference_vae.h"
#include "unit.h"

enum { VALUES = 31, FEW = 6, NUMBERS_MAX = 2048 };

static struct {
    struct elbow_model *model;
    float parameters[NUMBERS_MAX], gradient[NUMBERS_MAX];
    float known[FEW * VALUES], own[FEW * VALUES * OUTPUTS_MAX];
} world;

// All of row 0 is known, none of row 1; in the others about every third value is missing, as NaN.
static void hide(void)
{
    for (size_t i = 0; i < FEW; ++i)
        for (size_t d = 0; d < VALUES; ++d) {
            bool is_unknown = i == 1 || (i > 1 && (d * 7 + i) % 3 == 0);
            world.known[i * VALUES + d] = is_unknown ? 0 : 1;
            x[i * VALUES + d] = is_unknown ? NAN : x[i * VALUES + d];
        }
}

static struct elbow_microbatch rows_of(const float *values)
{
    return (struct elbow_microbatch){.rows = FEW, .values = values, .known = world.known};
}

static const char MIXED[] = "model.likelihood=[student_t: {columns: [0, 6], scale: predicted, df: learned}, "
                            "gaussian: {columns: [[7, 12], [20, 24]], variance: per_value}, "
                            "negative_binomial: {columns: [13, 19], size: total}, bernoulli: {columns: [25, 30]}]";
enum { PARTS = 4, PER_VALUE = 1, TOTALS = 2 };

static void make_mixed(void)
{
    static struct elbow_config config;
    struct elbow_error error = {0};
    uint64_t state = 77;
    elbow_config_default(&config);
    config.model.latent = 1;
    ck_assert_msg(elbow_config_set(&config, MIXED, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_msg(elbow_model_create(&config, VALUES, FEW, &world.model, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_uint_eq(world.model->part_count, PARTS);
    for (size_t k = 0; k < world.model->parameters.size; ++k)
        world.parameters[k] = 0.25F * (float)reference_random(&state);
    for (size_t k = 0; k < FEW * world.model->outputs; ++k)
        y[k] = 1.5F * (float)reference_random(&state);
    for (size_t k = 0; k < FEW * VALUES; ++k) {
        size_t part = elbow_config_part_of(&config.model.parts, k % VALUES);
        x[k] = (float)REFERENCE_LIKELIHOODS[config.model.parts.parts[part].likelihood].value(reference_random(&state));
        world.known[k] = 1;
    }
}

// The columns of a part, by hand, of known values; *outputs_at: where its outputs begin in those of a row.
static size_t columns_of(size_t part, size_t row, size_t *columns, size_t *outputs_at)
{
    static const size_t owners[][3] = {{0, 6, 0}, {7, 12, 1}, {13, 19, 2}, {20, 24, 1}, {25, 30, 3}};
    size_t count = 0, next = 0;
    for (size_t o = 0; o < 5; ++o)
        for (size_t d = owners[o][0]; d <= owners[o][1]; ++d) {
            if (owners[o][2] == part && world.known[row * VALUES + d] != 0) {
                outputs_at[count] = next;
                columns[count++] = d;
            }
            next += owners[o][2] == 0 ? 2 : 1; // a predicted scale beside the location
        }
    return count;
}

// A part of one row, alone.
struct alone {
    size_t count, columns[VALUES], outputs_at[VALUES];
    float x[VALUES], y[2 * VALUES], dy[2 * VALUES], shared[VALUES], dshared[VALUES];
    double recon;
    struct elbow_likelihood_call call;
};

static void score_alone(size_t p, size_t row, struct alone *alone)
{
    const struct elbow_model_part *part = &world.model->parts[p];
    memset(alone, 0, sizeof *alone);
    alone->count = columns_of(p, row, alone->columns, alone->outputs_at);
    for (size_t k = 0; k < alone->count; ++k) {
        alone->x[k] = x[row * VALUES + alone->columns[k]];
        memcpy(alone->y + k * part->outputs, y + row * world.model->outputs + alone->outputs_at[k],
               part->outputs * sizeof(float));
        for (size_t j = 0; j < part->values && p == PER_VALUE; ++j)
            if (part->columns[j] == alone->columns[k])
                alone->shared[k] = world.parameters[part->shared.offset + j];
    }
    for (size_t k = 0; k < part->shared.count && !part->shared.is_per_value; ++k)
        alone->shared[k] = world.parameters[part->shared.offset + k];
    if (p == TOTALS) // a dispersion for each value
        for (size_t k = 0; k < alone->count; ++k)
            alone->shared[k] = world.parameters[part->shared.offset + alone->columns[k] - 13];
    alone->call = (struct elbow_likelihood_call){.options = &part->options,
                                                 .rows = 1,
                                                 .values = alone->count,
                                                 .x = alone->x,
                                                 .y = alone->y,
                                                 .shared = part->shared.count > 0 ? alone->shared : NULL,
                                                 .recon = &alone->recon,
                                                 .dy = alone->dy,
                                                 .dshared = part->shared.count > 0 ? alone->dshared : NULL};
    if (alone->count > 0)
        part->likelihood->score(&alone->call);
}

static void check_mixed_row(size_t row)
{
    double sum = 0;
    for (size_t p = 0; p < PARTS; ++p) {
        static struct alone alone;
        const struct elbow_model_part *part = &world.model->parts[p];
        score_alone(p, row, &alone);
        sum = p == 0 ? alone.recon : sum + alone.recon;
        for (size_t k = 0; k < alone.count; ++k)
            ck_assert_msg(memcmp(world.own + row * world.model->outputs + alone.outputs_at[k],
                                 alone.dy + k * part->outputs, part->outputs * sizeof(float)) == 0,
                          "row %zu, part %zu, value %zu", row, p, k);
    }
    ck_assert_msg(memcmp(&sum, &world.model->recon[row], sizeof sum) == 0, "row %zu: %.17g, not %.17g", row,
                  world.model->recon[row], sum);
}

static void score_mixed(void)
{
    memcpy(world.own, y, FEW * world.model->outputs * sizeof *world.own);
    memset(world.gradient, 0, sizeof world.gradient);
    elbow_model_score_outputs(world.model, world.parameters, rows_of(x), world.own, world.gradient);
}

START_TEST(parts_score_as_their_columns_do_alone)
{
    make_mixed();
    ck_assert_ptr_nonnull(elbow_parameters_find(&world.model->parameters, "likelihood/0/log_df"));
    ck_assert_ptr_nonnull(elbow_parameters_find(&world.model->parameters, "likelihood/1/log_variance"));
    ck_assert_uint_eq(world.model->outputs, VALUES + 7);
    score_mixed();
    for (size_t i = 0; i < FEW; ++i)
        check_mixed_row(i);
    for (size_t p = 0; p < PARTS; ++p) // numbers beside the networks: the sum over the rows
        for (size_t k = 0; k < world.model->parts[p].shared.count; ++k) {
            double sum = 0;
            for (size_t i = 0; i < FEW; ++i) {
                static struct alone alone;
                score_alone(p, i, &alone);
                sum += (double)alone.dshared[k];
            }
            float found = world.gradient[world.model->parts[p].shared.offset + k];
            ck_assert_msg(fabs((double)found - sum) <= 1e-5 * (1 + fabs(sum)), "part %zu: %g, not %g", p, (double)found,
                          sum);
        }
    hide();
    score_mixed();
    for (size_t i = 0; i < FEW; ++i)
        check_mixed_row(i);
    elbow_model_destroy(world.model);
}
END_TEST

// Of a known value of any part, or an output of it.
START_TEST(not_a_number_goes_through_a_part)
{
    static const size_t columns[] = {3, 22, 14, 30};
    make_mixed();
    for (size_t p = 0; p < PARTS; ++p)
        for (int is_output = 0; is_output < 2; ++is_output) {
            size_t own[VALUES], outputs_at[VALUES], count = columns_of(p, 2, own, outputs_at), k = 0;
            while (k < count && own[k] != columns[p])
                ++k;
            float *place = is_output ? &y[2 * world.model->outputs + outputs_at[k]] : &x[2 * VALUES + columns[p]];
            float before = *place;
            ck_assert_uint_lt(k, count);
            *place = NAN;
            score_mixed();
            for (size_t i = 0; i < FEW; ++i)
                ck_assert_msg(isnan(world.model->recon[i]) == (i == 2), "part %zu, row %zu", p, i);
            *place = before;
        }
    elbow_model_destroy(world.model);
}
END_TEST

// Equal outputs of two parts of one kind: means are equal, draws have words of their own.
START_TEST(parts_draw_by_streams_of_their_own)
{
    enum { HALF = 64 };
    static struct elbow_config config;
    static float draws[2 * HALF], means[2 * HALF], parameters[16 * HALF];
    struct elbow_error error = {0};
    float z = 0;
    elbow_config_default(&config);
    config.model.latent = 1;
    ck_assert(elbow_config_set(&config,
                               "model.likelihood=[bernoulli: {columns: [0, 63]}, bernoulli: {columns: [64, 127]}]",
                               &error) == ELBOW_OK);
    ck_assert(elbow_model_create(&config, 2 * HALF, 1, &world.model, &error) == ELBOW_OK);
    ck_assert_uint_le(world.model->parameters.size, 16 * HALF);
    elbow_model_decode(world.model, parameters, 1, &z, means);
    elbow_model_draw(world.model, parameters, 0, (struct elbow_stream){.purpose = ELBOW_PURPOSE_SAMPLE_DRAW}, draws);
    size_t ones = 0;
    for (size_t d = 0; d < 2 * HALF; ++d) {
        ck_assert(means[d] == 0.5F && (draws[d] == 0 || draws[d] == 1));
        ones += draws[d] == 1;
    }
    ck_assert(memcmp(draws, draws + HALF, HALF * sizeof *draws) != 0);
    ck_assert(ones > HALF / 2 && ones < 3 * HALF / 2);
    elbow_model_destroy(world.model);
}
END_TEST

UNIT_MAIN("conformance/likelihood: parts", parts_score_as_their_columns_do_alone, not_a_number_goes_through_a_part,
          parts_draw_by_streams_of_their_own)
