// SPDX-License-Identifier: BSD-3-Clause
// Rows, and tables that are opened, cut and compared.
#include "metrics_fixture.h"

#include "scratch_open.h"

#include <check.h>
#include <glob.h>
#include <math.h>

struct elbow_log silence;

#define GIVEN(figure, value) .values[figure] = (value), .is_given[figure] = true
const struct elbow_metrics_row train_row = {
    .step = 50,
    .epoch = 1,
    .split = ELBOW_SPLIT_TRAIN,
    .figures = {GIVEN(ELBOW_FIGURE_SAMPLES, 700), GIVEN(ELBOW_FIGURE_OBJECTIVE, -100.5),
                GIVEN(ELBOW_FIGURE_ELBO, -101.25), GIVEN(ELBOW_FIGURE_RECON, -90), GIVEN(ELBOW_FIGURE_KL, 11.25),
                GIVEN(ELBOW_FIGURE_BETA, 0.5), GIVEN(ELBOW_FIGURE_RATE, 0.001), GIVEN(ELBOW_FIGURE_GRAD_NORM, 3),
                GIVEN(ELBOW_FIGURE_SKIPPED, 2), GIVEN(ELBOW_FIGURE_SECONDS, 0.25),
                GIVEN(ELBOW_FIGURE_SAMPLES_PER_S, 51200), GIVEN(ELBOW_FIGURE_COMPUTE, 0.75),
                GIVEN(ELBOW_FIGURE_EXCHANGE, 0.125), GIVEN(ELBOW_FIGURE_DATA, 0)}};
const double kl_of[2] = {10, 1.25};

struct elbow_metrics_row valid_row(uint64_t step)
{
    return (struct elbow_metrics_row){
        .step = step,
        .epoch = 2,
        .split = ELBOW_SPLIT_VALID,
        .figures = {GIVEN(ELBOW_FIGURE_OBJECTIVE, NAN), GIVEN(ELBOW_FIGURE_ELBO, 1.0 / 3), GIVEN(ELBOW_FIGURE_RECON, 0),
                    GIVEN(ELBOW_FIGURE_KL, 0), GIVEN(ELBOW_FIGURE_BETA, 0), GIVEN(ELBOW_FIGURE_ACTIVE_UNITS, 2),
                    GIVEN(ELBOW_FIGURE_LOG_LIKELIHOOD, 7), GIVEN(ELBOW_FIGURE_SKIPPED, 0)}};
}

enum elbow_status open_tables(const char *path, size_t latent, uint64_t step, struct elbow_metrics *metrics,
                              struct elbow_error *error)
{
    static struct elbow_directory directory;
    elbow_directory_close(&directory);
    directory = scratch_open(path);
    return elbow_metrics_open(&directory, latent, &(struct elbow_figures){0}, step, &silence, metrics, error);
}

void table_expect(struct scratch *scratch, const char *name, const char *text)
{
    size_t size;
    char *bytes = scratch_read(scratch_path(scratch, name), &size);
    ck_assert_ptr_nonnull(bytes);
    bytes[size] = '\0';
    ck_assert_str_eq(bytes, text);
    ck_assert_uint_eq(size, strlen(text)); // no zero bytes
    free(bytes);
}

enum elbow_status table_reopen(struct scratch *scratch, const void *text, size_t size, uint64_t step,
                               struct elbow_error *error)
{
    struct elbow_metrics metrics;
    scratch_write(scratch_path(scratch, "metrics.csv"), text, size);
    scratch_write(scratch_path(scratch, "kl.csv"), KL, sizeof KL - 1);
    enum elbow_status status = open_tables(scratch->directory, 2, step, &metrics, error);
    elbow_metrics_close(&metrics);
    return status;
}

void table_expect_cut(struct scratch *scratch, const char *rows, uint64_t step, const char *kept)
{
    char before[2048], after[2048];
    struct elbow_error error = {0};
    snprintf(before, sizeof before, "%s%s", METRICS, rows);
    snprintf(after, sizeof after, "%s%s", METRICS, kept);
    ck_assert_msg(table_reopen(scratch, before, strlen(before), step, &error) == ELBOW_OK, "%s", error.message);
    table_expect(scratch, "metrics.csv", after);
    table_expect(scratch, "kl.csv", KL);
    glob_t parts;
    ck_assert_int_eq(glob(scratch_path(scratch, ".elbow-*"), 0, NULL, &parts), GLOB_NOMATCH);
}
