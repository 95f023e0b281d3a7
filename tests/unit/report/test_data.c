// SPDX-License-Identifier: BSD-3-Clause
// Reports: warnings for the reader, and the data of curves for the script.
#include "elbow/report/detail/page.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4 };

// Steps 10 to 40; the curves that are named, nothing in the others.
static void set_curves(struct elbow_history *curves, double *values, const double elbo[ROWS])
{
    for (int k = 0; k < ELBOW_HISTORY_CURVES * ROWS; ++k)
        values[k] = NAN;
    for (int i = 0; i < ROWS; ++i) {
        values[ELBOW_CURVE_STEP * ROWS + i] = 10 * (i + 1);
        values[ELBOW_CURVE_ELBO * ROWS + i] = elbo[i];
    }
    *curves = (struct elbow_history){.rows = ROWS, .columns = ELBOW_HISTORY_CURVES, .values = values};
}

static char *write(void (*function)(const struct elbow_report *report, FILE *out), const struct elbow_compared *run,
                   char *log)
{
    char *text = NULL;
    size_t size = 0;
    const struct elbow_reported reported = {.log = log};
    const struct elbow_report report = {.runs = run, .reported = &reported, .count = 1};
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    function(&report, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

START_TEST(overfitting_is_told)
{
    static const struct {
        double train[ROWS], valid[ROWS];
        bool is_told;
    } CASES[] = {
        {{-9, -8, -7, -6}, {-9, -8, -8.5, -8.7}, true},
        {{-9, -8, -7, -6}, {-9, -8, -7.5, -7.4}, false},     // still better
        {{-9, -8, -7, -6}, {-9, -8, -7.5, -7.505}, false},   // by less than a hundredth of the gain
        {{-9, -8, -8.5, -8.6}, {-9, -8, -8.5, -8.7}, false}, // training does no better, either
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        double train[ELBOW_HISTORY_CURVES * ROWS], valid[ELBOW_HISTORY_CURVES * ROWS];
        struct elbow_compared run = {.name = "run", .has_kl = true};
        set_curves(&run.train, train, CASES[i].train);
        set_curves(&run.valid, valid, CASES[i].valid);
        char *text = write(elbow_report_write_warnings, &run, NULL);
        ck_assert_msg((strstr(text, "overfitting: on validation rows") != NULL) == CASES[i].is_told, "case %zu: %s", i,
                      text);
        ck_assert(!CASES[i].is_told || strstr(text, "best at step 20 (-8.0000") != NULL);
        free(text);
    }
}
END_TEST

START_TEST(idle_dimensions_are_told)
{
    double kl[] = {1, 2, 0.5, 0.001}, idle[] = {1, 0.001, 2, 0.002};
    struct elbow_compared run = {.name = "run", .kl = {.rows = 2, .columns = 2, .values = kl}};
    char *text = write(elbow_report_write_warnings, &run, NULL);
    ck_assert_ptr_nonnull(strstr(text, "<strong>run</strong>: 1 of 2 latent dimensions are not in use"));
    free(text);
    run.kl.values = idle;
    text = write(elbow_report_write_warnings, &run, NULL);
    ck_assert_ptr_nonnull(strstr(text, "posterior collapse"));
    free(text);
}
END_TEST

START_TEST(warnings_of_the_log_are_repeated)
{
    char log[] = "step 1\nelbow: warning: a <b> of it\nstep 2\nelbow: warning: last";
    const struct elbow_compared run = {.name = "run"};
    char *text = write(elbow_report_write_warnings, &run, log);
    ck_assert_ptr_nonnull(strstr(text, "<li><strong>run</strong>: a &lt;b&gt; of it</li>\n"));
    ck_assert_ptr_nonnull(strstr(text, "<li><strong>run</strong>: last</li>\n"));
    ck_assert_ptr_null(strstr(text, "step"));
    free(text);
    text = write(elbow_report_write_warnings, &run, NULL);
    ck_assert_ptr_nonnull(strstr(text, "None"));
    free(text);
}
END_TEST

// Of many rows some are kept, the last one among them.
START_TEST(long_curves_are_thinned)
{
    enum { MANY = 10001 };
    double *values = calloc((size_t)MANY * ELBOW_HISTORY_CURVES, sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (int i = 0; i < MANY; ++i)
        values[i] = i;
    const struct elbow_compared run = {.name = "run",
                                       .train = {.rows = MANY, .columns = ELBOW_HISTORY_CURVES, .values = values}};
    char *text = write(elbow_report_write_curves, &run, NULL);
    ck_assert_ptr_nonnull(strstr(text, "[0, 4, 8, 12, "));
    ck_assert_ptr_nonnull(strstr(text, "9996, 10000]"));
    free(text);
    free(values);
}
END_TEST

UNIT_MAIN("report/data", overfitting_is_told, idle_dimensions_are_told, warnings_of_the_log_are_repeated,
          long_curves_are_thinned)
