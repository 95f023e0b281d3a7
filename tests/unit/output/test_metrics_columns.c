// SPDX-License-Identifier: BSD-3-Clause
// The columns of a run's tables.
#include "metrics_fixture.h"
#include "scratch_open.h"
#include "unit.h"

#include <unistd.h>

// A model without a KL has no figure of one, and no table of them.
START_TEST(without_a_kl)
{
    struct scratch scratch = scratch_make();
    struct elbow_metrics metrics;
    struct elbow_error error = {0};
    size_t size;
    for (uint64_t step = 0; step <= 10; step += 10) { // begun, and resumed
        ck_assert_int_eq(open_tables(scratch.directory, 0, step, &metrics, &error), ELBOW_OK);
        struct elbow_metrics_row row = {.step = step + 10, .epoch = 1, .split = ELBOW_SPLIT_VALID};
        elbow_figures_set(&row.figures, ELBOW_FIGURE_RECON, -1.5);
        elbow_figures_set(&row.figures, ELBOW_FIGURE_EXPLAINED_DEVIANCE, 0.25);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &row, NULL, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OK);
        elbow_metrics_close(&metrics);
    }
    char *text = scratch_read(scratch_path(&scratch, "metrics.csv"), &size);
    ck_assert_ptr_nonnull(text);
    text[size] = '\0';
    ck_assert(elbow_metrics_is_table(text));
    ck_assert_ptr_null(strstr(text, "elbo"));
    ck_assert_ptr_null(strstr(text, "kl"));
    ck_assert_ptr_nonnull(strstr(text, ",residual,explained_deviance,"));
    ck_assert_ptr_nonnull(strstr(text, "\n10,1,valid,,-1.5,,,0.25,"));
    ck_assert_ptr_nonnull(strstr(text, "\n20,1,valid,,-1.5,,,0.25,"));
    free(text);
    ck_assert_int_ne(access(scratch_path(&scratch, "kl.csv"), F_OK), 0);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(what_some_runs_have_is_a_column_of_those_alone)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    struct elbow_figures own = {0};
    struct elbow_directory directory = scratch_open(scratch.directory);
    elbow_figures_set(&own, ELBOW_FIGURE_MMD, 0);
    ck_assert_int_eq(elbow_metrics_open(&directory, 2, &own, 0, &silence, &metrics, &error), ELBOW_OK);
    ck_assert_ptr_nonnull(strstr(metrics.metrics.header, ",beta,mmd,rate,"));
    elbow_metrics_close(&metrics);
    elbow_directory_close(&directory);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("output/metrics columns", without_a_kl, what_some_runs_have_is_a_column_of_those_alone)
