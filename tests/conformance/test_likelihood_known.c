// SPDX-License-Identifier: BSD-3-Clause
// The model with a likelihood for rows with missing values: every one of the table, against its own row with the known
// values gathered by hand.
#include "elbow/vae/model.h"

#include "likelihood_subject.h"
#include "unit.h"

enum { VALUES = 31, FEW = 6, NUMBERS_MAX = 2048 };

static struct {
    struct elbow_model *model;
    float parameters[NUMBERS_MAX], gradient[NUMBERS_MAX];
    float known[FEW * VALUES], own[FEW * VALUES * OUTPUTS_MAX];
    double sizes[FEW];
} world;

// A linear model of that likelihood; its numbers beside the networks differ from their starts.
static void make_model(const struct subject *subject, size_t values)
{
    static struct elbow_config config;
    struct elbow_error error = {0};
    memset(&config, 0, sizeof config);
    config.model.latent = 1;
    config.model.likelihood = subject->kind;
    config.model.likelihood_options = *subject->options;
    ck_assert_msg(elbow_model_create(&config, values, FEW, &world.model, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_uint_le(world.model->parameters.size, NUMBERS_MAX);
    struct elbow_likelihood_call call = subject_call(subject, FEW, values, true);
    const struct elbow_shared_numbers *numbers = &world.model->parts[0].shared;
    memset(world.parameters, 0, sizeof world.parameters);
    for (size_t k = 0; k < numbers->count; ++k)
        world.parameters[numbers->offset + k] = call.shared[k];
    for (size_t i = 0; i < FEW; ++i)
        world.sizes[i] = 20.0 + (double)i;
}

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
    return (struct elbow_microbatch){.rows = FEW, .values = values, .known = world.known, .sizes = world.sizes};
}

// The known values of row i. Returns their number.
static size_t gather(const struct subject *subject, size_t i, float *values, float *outputs, float *numbers)
{
    const struct elbow_shared_numbers *own = &world.model->parts[0].shared;
    size_t count = 0;
    for (size_t k = 0; k < own->count; ++k)
        numbers[k] = world.parameters[own->offset + k];
    for (size_t d = 0; d < VALUES; ++d) {
        if (world.known[i * VALUES + d] == 0)
            continue;
        values[count] = x[i * VALUES + d];
        memcpy(outputs + count * subject->outputs, y + (i * VALUES + d) * subject->outputs,
               subject->outputs * sizeof *outputs);
        if (own->is_per_value)
            numbers[count] = world.parameters[own->offset + d];
        ++count;
    }
    return count;
}

static bool uses_data_size(const struct subject *subject)
{
    return subject->row->size && subject->row->size(subject->options) == ELBOW_SIZE_DATA;
}

static void check_known(const struct subject *subject)
{
    static float values[VALUES], outputs[VALUES * OUTPUTS_MAX], derivatives[VALUES * OUTPUTS_MAX], numbers[NUMBERS_MAX];
    static float of_row[NUMBERS_MAX], sums[NUMBERS_MAX];
    double its_recon, notes[8], weight = 0, noted[8] = {0};
    if (uses_data_size(subject))
        return; // of all values: below
    make_model(subject, VALUES);
    const struct elbow_model_part *part = &world.model->parts[0];
    subject_fill(subject, FEW * VALUES);
    hide();
    memcpy(world.own, y, sizeof world.own);
    memset(sums, 0, sizeof sums);
    elbow_model_score_outputs(world.model, world.parameters, rows_of(x), world.own, world.gradient);
    for (size_t i = 0; i < FEW; ++i) {
        size_t count = gather(subject, i, values, outputs, numbers), at = 0;
        struct elbow_likelihood_call call = {.options = subject->options,
                                             .rows = 1,
                                             .values = count,
                                             .x = values,
                                             .y = outputs,
                                             .shared = part->shared.count > 0 ? numbers : NULL,
                                             .recon = &its_recon,
                                             .dy = derivatives,
                                             .dshared = part->shared.count > 0 ? of_row : NULL,
                                             .notes = part->figures > 0 ? notes : NULL};
        its_recon = 0;
        memset(of_row, 0, sizeof of_row);
        if (count > 0)
            subject->row->score(&call);
        ck_assert_msg(memcmp(&its_recon, &world.model->recon[i], sizeof its_recon) == 0,
                      "%s, row %zu: %.17g, not %.17g", subject_name(subject), i, world.model->recon[i], its_recon);
        for (size_t d = 0; d < VALUES; ++d) {
            static const float none[OUTPUTS_MAX];
            bool is_known = world.known[i * VALUES + d] != 0;
            const float *found = world.own + (i * VALUES + d) * subject->outputs;
            const float *wanted = is_known ? derivatives + at * subject->outputs : none;
            ck_assert_msg(memcmp(found, wanted, subject->outputs * sizeof *found) == 0, "%s", subject_name(subject));
            for (size_t k = 0; part->shared.is_per_value && is_known && k == 0; ++k)
                sums[d] += of_row[at];
            at += is_known;
        }
        for (size_t k = 0; !part->shared.is_per_value && k < part->shared.count; ++k)
            sums[k] += of_row[k];
        for (size_t n = 0; n < part->figures && count > 0; ++n)
            noted[n] += notes[n] * (double)count;
        weight += (double)count;
    }
    for (size_t k = 0; k < part->shared.count; ++k)
        ck_assert_msg(world.gradient[part->shared.offset + k] == sums[k], "%s", subject_name(subject));
    for (size_t n = 0; n < part->figures; ++n) {
        double sum = 0, all = 0;
        for (size_t i = 0; i < FEW; ++i) {
            sum += world.model->noted[i * world.model->notes + n];
            all += world.model->noted[i * world.model->notes + part->figures];
        }
        ck_assert_double_eq_tol(sum / all, noted[n] / weight, 1e-9 * fabs(noted[n] / weight)); // of known values
    }
    elbow_model_destroy(world.model);
}

START_TEST(known_values_are_scored_as_if_there_were_no_others)
{
    subject_each(check_known);
}
END_TEST

// If the data give the size, missing values have their shares of it: the plain likelihood, of those means.
static void check_size(const struct subject *subject)
{
    static float logs[VALUES * OUTPUTS_MAX], values[VALUES], before[FEW * VALUES * OUTPUTS_MAX];
    if (!uses_data_size(subject))
        return;
    make_model(subject, VALUES);
    subject_fill(subject, FEW * VALUES);
    hide();
    memcpy(before, y, sizeof before);
    struct elbow_likelihood_options plain = *subject->options;
    plain.size = ELBOW_SIZE_NONE;
    plain.dispersion = ELBOW_DISPERSION_PREDICTED;
    bool is_predicted = subject->options->dispersion == ELBOW_DISPERSION_PREDICTED;
    size_t width = subject->outputs, wide = width + !is_predicted;
    memcpy(world.own, y, sizeof world.own);
    elbow_model_score_outputs(world.model, world.parameters, rows_of(x), world.own, world.gradient);
    for (size_t i = 0; i < FEW; ++i) {
        double most = 0, found = 0, sum = 0;
        size_t count = 0;
        for (size_t d = 0; d < VALUES; ++d)
            sum += exp((double)y[(i * VALUES + d) * width]);
        for (size_t d = 0; d < VALUES; ++d) {
            const float *at = y + (i * VALUES + d) * width;
            if (world.known[i * VALUES + d] == 0)
                continue;
            memcpy(logs + count * wide, at, width * sizeof *logs);
            logs[count * wide] = (float)(log(world.sizes[i]) + (double)at[0] - log(sum));
            if (!is_predicted)
                logs[count * wide + width] = world.parameters[world.model->parts[0].shared.offset + d];
            values[count++] = x[i * VALUES + d];
            most += fabs((double)values[count - 1] * (double)logs[(count - 1) * wide]) + 1;
        }
        struct elbow_likelihood_call call = {
            .options = &plain, .rows = 1, .values = count, .x = values, .y = logs, .recon = &found};
        if (count > 0)
            subject->row->score(&call);
        ck_assert_msg(fabs(found - world.model->recon[i]) <= 1e-6 * (most + fabs(found)), "%s, row %zu: %.9g, not %.9g",
                      subject_name(subject), i, world.model->recon[i], found);
    }
    // Differences in the outputs of row 2, of known and unknown values.
    for (size_t k = 0; k < VALUES * width; ++k) {
        const float step = 0x1p-6F;
        double recons[2];
        for (int side = 0; side < 2; ++side) {
            float *derivatives = memcpy(world.own, before, sizeof before);
            derivatives[2 * VALUES * width + k] += side ? step : -step;
            elbow_model_score_outputs(world.model, world.parameters, rows_of(x), derivatives, world.gradient);
            recons[side] = world.model->recon[2];
        }
        memcpy(world.own, before, sizeof before);
        elbow_model_score_outputs(world.model, world.parameters, rows_of(x), world.own, world.gradient);
        double derivative = (recons[0] - recons[1]) / (2 * (double)step), found = world.own[2 * VALUES * width + k];
        ck_assert_msg(fabs(derivative - found) <= 2e-3 * (1 + fabs(derivative)), "%s, output %zu: %.9g, not %.9g",
                      subject_name(subject), k, found, derivative);
    }
    elbow_model_destroy(world.model);
}

START_TEST(unknown_values_have_shares_of_a_size_that_data_say)
{
    subject_each(check_size);
}
END_TEST

// All values are known: the bits are those without `known`, of numbers beside the networks too.
static void check_all_known(const struct subject *subject)
{
    static float plain[FEW * VALUES * OUTPUTS_MAX], gradient[NUMBERS_MAX];
    double recons[FEW];
    make_model(subject, VALUES);
    subject_fill(subject, FEW * VALUES);
    for (size_t k = 0; k < FEW * VALUES; ++k)
        world.known[k] = 1;
    struct elbow_microbatch rows = rows_of(x);
    memcpy(world.own, y, sizeof world.own);
    elbow_model_score_outputs(world.model, world.parameters, rows, world.own, world.gradient);
    memcpy(recons, world.model->recon, sizeof recons);
    memcpy(plain, y, sizeof plain);
    rows.known = NULL;
    elbow_model_score_outputs(world.model, world.parameters, rows, plain, gradient);
    ck_assert(memcmp(recons, world.model->recon, sizeof recons) == 0);
    ck_assert(memcmp(plain, world.own, FEW * VALUES * subject->outputs * sizeof *plain) == 0);
    const struct elbow_shared_numbers *numbers = &world.model->parts[0].shared;
    ck_assert(memcmp(gradient + numbers->offset, world.gradient + numbers->offset, numbers->count * sizeof *gradient) ==
              0);
    elbow_model_destroy(world.model);
}

START_TEST(rows_without_unknown_values_keep_their_bits)
{
    subject_each(check_all_known);
}
END_TEST

UNIT_MAIN("conformance/likelihood: known values", known_values_are_scored_as_if_there_were_no_others,
          unknown_values_have_shares_of_a_size_that_data_say, rows_without_unknown_values_keep_their_bits)
