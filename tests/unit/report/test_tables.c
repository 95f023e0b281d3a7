// SPDX-License-Identifier: BSD-3-Clause
// Reports: the tables of figures and measures.
#include "elbow/report/detail/page.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct elbow_compared runs[2];
static struct elbow_reported reported[2];
static struct elbow_measuring measuring[2];

// Two runs: the first with a KL and measures, the second without.
static void set_up(void)
{
    memset(reported, 0, sizeof reported);
    memset(measuring, 0, sizeof measuring);
    runs[0].name = "a&b";
    runs[1].name = "plain";
    for (int r = 0; r < 2; ++r) {
        elbow_figures_set(&reported[r].evaluation.figures, ELBOW_FIGURE_SAMPLES, 7);
        reported[r].measuring = &measuring[r];
    }
    elbow_figures_set(&reported[0].evaluation.figures, ELBOW_FIGURE_KL, 2.5);
    elbow_figures_set_error(&reported[0].evaluation.figures, ELBOW_FIGURE_KL, 4, 10, 40);
    measuring[0].rows = 5;
    measuring[0].samples = 9;
    measuring[0].width = 3;
    measuring[0].has_baseline = true;
    struct elbow_measured_yardstick *knn = &measuring[0].told[ELBOW_YARDSTICK_KNN];
    knn->is_told = knn->has_baseline = true;
    elbow_yardstick_add(&knn->figures, "knn_accuracy", 0.875, 0.03125);
    elbow_yardstick_add(&knn->baseline, "knn_accuracy", 0.75, NAN);
    strcpy(measuring[0].told[ELBOW_YARDSTICK_MIG].why_not, "needs factors; give them with --factors FILE:/dataset");
}

static char *write(void (*function)(const struct elbow_report *report, FILE *out))
{
    char *text = NULL;
    size_t size = 0;
    const struct elbow_report report = {.runs = runs, .reported = reported, .count = 2};
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    function(&report, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no '%s' in %s", part, text);
}

START_TEST(a_figure_has_error_unit_and_meaning)
{
    set_up();
    char *text = write(elbow_report_write_evaluation);
    assert_has(text, "<th scope=\"col\">a&amp;b</th>");
    assert_has(text, "<th scope=\"row\">kl<small>nats per sample</small>\n</th><td>2.5000 &plusmn; 1.1</td>"
                     "<td>&ndash;</td><td class=\"words\">divergence of q(z given x)");
    ck_assert_ptr_null(strstr(text, ">recon<")); // no run has one
    free(text);
}
END_TEST

START_TEST(a_measure_stands_beside_pca)
{
    set_up();
    char *text = write(elbow_report_write_measures);
    assert_has(text, "<th scope=\"col\">a&amp;b</th>\n<th scope=\"col\">PCA, 3</th>\n<th scope=\"col\">plain</th>");
    assert_has(text, "knn_accuracy</th><td>0.875 &plusmn; 0.031</td><td>0.75</td><td>&ndash;</td>");
    assert_has(text, "of 5 of 9 rows. No mig: needs factors.");
    free(text);
}
END_TEST

START_TEST(runs_share_the_same_pca)
{
    set_up();
    measuring[1] = measuring[0];
    char *text = write(elbow_report_write_measures);
    assert_has(text, "<th scope=\"col\">a&amp;b</th>\n<th scope=\"col\">plain</th>\n<th scope=\"col\">PCA, 3</th>");
    assert_has(text, "<td>0.875 &plusmn; 0.031</td><td>0.875 &plusmn; 0.031</td><td>0.75</td>");
    free(text);
    measuring[1].width = 4;
    text = write(elbow_report_write_measures);
    assert_has(text, "<th scope=\"col\">PCA, 3</th>\n<th scope=\"col\">plain</th>\n<th scope=\"col\">PCA, 4</th>");
    free(text);
}
END_TEST

START_TEST(it_says_why_nothing_is_measured)
{
    set_up();
    reported[0].why_unmeasured = reported[1].why_unmeasured = (char[]){"a single row"};
    char *text = write(elbow_report_write_measures);
    assert_has(text, "</strong>: not measured: a single row.");
    ck_assert_ptr_null(strstr(text, "<table"));
    free(text);
}
END_TEST

UNIT_MAIN("report/tables", a_figure_has_error_unit_and_meaning, a_measure_stands_beside_pca, runs_share_the_same_pca,
          it_says_why_nothing_is_measured)
