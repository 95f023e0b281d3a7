// SPDX-License-Identifier: BSD-3-Clause
// Tests every measure of the table against its reference (reference_measure.h).
#include "reference_measure.h"

#include "elbow/parallel/partition.h"

// Calls check for each measure, with its request alone.
static void each(void (*check)(enum elbow_measure_kind kind, const struct elbow_measure *row))
{
    for (enum elbow_measure_kind kind = 0; kind < ELBOW_MEASURES; ++kind) {
        ck_assert_msg(REFERENCES[kind].check != NULL, "measure %d has no reference", (int)kind);
        make_set();
        REFERENCES[kind].ask();
        check(kind, elbow_measure_row(kind));
        clear_set();
    }
}

// The vector of node [lo, hi) of the tree.
static void sum_node(const struct elbow_measure *row, struct elbow_measured *measured, uint64_t lo, uint64_t hi,
                     double *sums)
{
    size_t width = row->width(&set.plan);
    if (hi - lo == 1) {
        uint64_t left = SAMPLES - lo * MICROBATCH;
        for (size_t i = 0; i < width; ++i)
            sums[i] = NAN; // to be overwritten
        elbow_measured_evaluate(measured, lo * MICROBATCH, left < MICROBATCH ? (size_t)left : MICROBATCH);
        row->microbatch(measured, sums);
        return;
    }
    double *right = calloc(width, sizeof *right);
    sum_node(row, measured, lo, (lo + hi) / 2, sums);
    sum_node(row, measured, (lo + hi) / 2, hi, right);
    for (size_t i = 0; i < width; ++i)
        sums[i] += right[i];
    free(right);
}

// The vector of the whole set as `ranks` ranks come to it, the last one first; to be freed.
static double *sum_set(const struct elbow_measure *row, int ranks)
{
    struct elbow_measured measured;
    struct elbow_error error = {0};
    struct elbow_range subtrees[MICROBATCHES];
    size_t width = row->width(&set.plan);
    double *sums = calloc(MICROBATCHES * width, sizeof *sums);
    ck_assert_ptr_nonnull(sums);
    ck_assert_int_eq(elbow_measured_create(&set.plan, MICROBATCH, &measured, &error), ELBOW_OK);
    int count = 0;
    for (int rank = 0; rank < ranks; ++rank)
        count += elbow_partition_subtrees(MICROBATCHES, elbow_partition(MICROBATCHES, rank, ranks), subtrees + count);
    for (int i = count - 1; i >= 0; --i)
        sum_node(row, &measured, subtrees[i].first, subtrees[i].last, sums + (size_t)i * width);
    elbow_partition_sum(MICROBATCHES, subtrees, count, width, sums);
    elbow_measured_destroy(&measured);
    return sums;
}

static struct elbow_evaluation evaluate(const struct elbow_measure *row)
{
    struct elbow_evaluation evaluation = {.latent = 0};
    struct elbow_error error = {0};
    double *sums = sum_set(row, 1);
    ck_assert_int_eq(row->conclude(&set.plan, SAMPLES, sums, &evaluation, &error), ELBOW_OK);
    free(sums);
    return evaluation;
}

static void check_known(enum elbow_measure_kind kind, const struct elbow_measure *row)
{
    size_t blocks = elbow_memory_count().blocks;
    struct elbow_evaluation evaluation = evaluate(row);
    REFERENCES[kind].check(&evaluation);
    elbow_evaluation_clear(&evaluation);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(figures_are_the_known_ones)
{
    each(check_known);
}
END_TEST

static bool is_listed(const enum elbow_figure_kind *list, enum elbow_figure_kind kind)
{
    while (list != NULL && *list != ELBOW_FIGURES && *list != kind)
        ++list;
    return list != NULL && *list == kind;
}

// True for figures of likelihoods other than this model's, or of a classifier that it does not have.
static bool is_of_others(enum elbow_figure_kind kind)
{
    if (kind == ELBOW_FIGURE_CLASS_KL)
        return set.model->classes == 1;
    bool is_of_any = false;
    for (int other = 0; other < ELBOW_LIKELIHOODS; ++other)
        is_of_any = is_of_any || is_listed(elbow_likelihood_row((enum elbow_likelihood_kind)other)->figures, kind);
    return is_of_any && !is_listed(elbow_likelihood_row(ELBOW_LIKELIHOOD_GAUSSIAN)->figures, kind);
}

// Just the figures that a row says, and they belong where they are put.
static void check_list(enum elbow_measure_kind measure, const struct elbow_measure *row)
{
    struct elbow_evaluation evaluation = evaluate(row);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        ck_assert_msg(evaluation.figures.is_given[kind] == (is_listed(row->figures, kind) && !is_of_others(kind)),
                      "measure %d: %s", (int)measure, figure->name);
        ck_assert_msg(!is_listed(row->rows, kind) || (figure->where & ELBOW_FIGURE_IN_ROWS) != 0, "%s", figure->name);
        for (size_t c = 0; c < evaluation.class_count; ++c)
            ck_assert_msg(evaluation.classes[c].figures.is_given[kind] == (figure->where / ELBOW_FIGURE_IN_CLASSES % 2),
                          "%s of a class", figure->name);
    }
    ck_assert((row->rows == NULL) == (row->row == NULL));
    elbow_evaluation_clear(&evaluation);
}

START_TEST(lists_tell_what_is_given)
{
    each(check_list);
    // And every figure of the list comes from some measure.
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        bool of_set = false, of_rows = false;
        for (enum elbow_measure_kind m = 0; m < ELBOW_MEASURES; ++m) {
            of_set |= is_listed(elbow_measure_row(m)->figures, kind);
            of_rows |= is_listed(elbow_measure_row(m)->rows, kind);
        }
        const struct elbow_figure *figure = elbow_figure_row(kind);
        ck_assert_msg(of_set || (figure->where & ELBOW_FIGURE_IN_EVAL) == 0, "nothing measures %s", figure->name);
        ck_assert_msg(of_rows == ((figure->where & ELBOW_FIGURE_IN_ROWS) != 0), "%s of a row", figure->name);
    }
}
END_TEST

static void check_request(enum elbow_measure_kind kind, const struct elbow_measure *row)
{
    ck_assert_uint_gt(row->width(&set.plan), 0);
    clear_set();
    make_set(); // asks for nothing
    ck_assert_msg((row->width(&set.plan) > 0) == REFERENCES[kind].is_always, "measure %d", (int)kind);
}

START_TEST(what_is_not_asked_for_takes_no_room)
{
    each(check_request);
}
END_TEST

static void check_split(enum elbow_measure_kind kind, const struct elbow_measure *row)
{
    size_t bytes = row->width(&set.plan) * sizeof(double);
    double *whole = sum_set(row, 1);
    for (int ranks = 2; ranks <= MICROBATCHES + 2; ++ranks) { // some have none
        double *sums = sum_set(row, ranks);
        ck_assert_msg(memcmp(sums, whole, bytes) == 0, "measure %d: other bits on %d ranks", (int)kind, ranks);
        free(sums);
    }
    free(whole);
}

START_TEST(bits_do_not_depend_on_the_split)
{
    each(check_split);
}
END_TEST

// A short microbatch equals that of its rows alone, for any old contents of memory.
static void check_short(enum elbow_measure_kind kind, const struct elbow_measure *row)
{
    enum { REST = SAMPLES - (MICROBATCHES - 1) * MICROBATCH };
    struct elbow_measured used, fresh;
    struct elbow_error error = {0};
    size_t width = row->width(&set.plan);
    double *first = calloc(width, sizeof *first), *second = calloc(width, sizeof *second);
    ck_assert(REST > 0 && (int)REST < (int)MICROBATCH && first != NULL && second != NULL);
    ck_assert_int_eq(elbow_measured_create(&set.plan, MICROBATCH, &used, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_measured_create(&set.plan, REST, &fresh, &error), ELBOW_OK);
    elbow_measured_evaluate(&used, 0, MICROBATCH);
    row->microbatch(&used, first);
    elbow_measured_evaluate(&used, SAMPLES - REST, REST);
    row->microbatch(&used, first);
    elbow_measured_evaluate(&fresh, SAMPLES - REST, REST);
    row->microbatch(&fresh, second);
    ck_assert_msg(memcmp(first, second, width * sizeof *first) == 0, "measure %d", (int)kind);
    elbow_measured_destroy(&used);
    elbow_measured_destroy(&fresh);
    free(first);
    free(second);
}

START_TEST(a_short_microbatch_is_its_rows)
{
    each(check_short);
}
END_TEST

// The mean over all rows is the figure of the set.
static void check_rows(enum elbow_measure_kind measure, const struct elbow_measure *row)
{
    (void)measure;
    if (row->rows == NULL)
        return;
    double sums[ELBOW_FIGURES] = {0};
    struct elbow_measured measured;
    struct elbow_error error = {0};
    double *vector = calloc(row->width(&set.plan), sizeof *vector);
    ck_assert_int_eq(elbow_measured_create(&set.plan, MICROBATCH, &measured, &error), ELBOW_OK);
    for (size_t i = 0; i < SAMPLES; ++i) {
        if (i % MICROBATCH == 0) {
            elbow_measured_evaluate(&measured, i, SAMPLES - i < MICROBATCH ? SAMPLES - i : MICROBATCH);
            row->microbatch(&measured, vector);
        }
        double figures[ELBOW_FIGURES];
        row->row(&measured, i % MICROBATCH, figures);
        for (size_t f = 0; row->rows[f] != ELBOW_FIGURES; ++f)
            sums[row->rows[f]] += figures[f];
    }
    struct elbow_evaluation evaluation = evaluate(row);
    for (size_t f = 0; row->rows[f] != ELBOW_FIGURES; ++f) { // except for the order of a sum of doubles
        double mean = sums[row->rows[f]] / SAMPLES, wanted = elbow_figures_get(&evaluation.figures, row->rows[f]);
        ck_assert_msg(fabs(mean - wanted) <= 1e-12 * fabs(wanted), "%s: %.17g, wanted %.17g",
                      elbow_figure_row(row->rows[f])->name, mean, wanted);
    }
    elbow_evaluation_clear(&evaluation);
    elbow_measured_destroy(&measured);
    free(vector);
}

START_TEST(figures_are_means_of_the_rows)
{
    each(check_rows);
}
END_TEST

// Every figure but the counts, which have no digits, shares of counts, and the variance, which is the model's here.
static void check_all_nan(const struct elbow_figures *figures)
{
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        ck_assert_msg(!figures->is_given[kind] || elbow_figure_row(kind)->digits == 0 ||
                          kind == ELBOW_FIGURE_VARIANCE || kind == ELBOW_FIGURE_KL_INFORMATION_BOUND ||
                          kind == ELBOW_FIGURE_KNOWN || kind == ELBOW_FIGURE_HIDDEN_ACCURACY ||
                          isnan(figures->values[kind]),
                      "%s: %g, and a row is NaN", elbow_figure_row(kind)->name, figures->values[kind]);
}

static void check_nan(enum elbow_measure_kind measure, const struct elbow_measure *row)
{
    enum { BAD = 5 };
    (void)measure;
    set.x[BAD * VALUES + 2] = NAN;
    set.stored[BAD * VALUES + 2] = (double)NAN;
    struct elbow_evaluation evaluation = evaluate(row);
    check_all_nan(&evaluation.figures);
    for (size_t c = 0; c < evaluation.class_count; ++c)
        if (evaluation.classes[c].label == set.labels[BAD])
            check_all_nan(&evaluation.classes[c].figures);
        else
            ck_assert(isfinite(elbow_figures_get(&evaluation.classes[c].figures, ELBOW_FIGURE_ELBO)));
    elbow_evaluation_clear(&evaluation);
}

START_TEST(not_a_number_goes_through)
{
    each(check_nan);
}
END_TEST

static size_t searches;

static void count_search(const struct elbow_likelihood_options *options, double data_mean, float *bias)
{
    searches += 1;
    elbow_likelihood_row(ELBOW_LIKELIHOOD_GAUSSIAN)->output_bias(options, data_mean, bias);
}

// It may be slow: once for each value, not for each of the microbatches.
START_TEST(outputs_of_means_are_sought_once)
{
    make_set();
    REFERENCES[ELBOW_MEASURE_DEVIANCE].ask();
    struct elbow_likelihood counting = *set.model->parts[0].likelihood;
    counting.output_bias = count_search;
    set.model->parts[0].likelihood = &counting;
    searches = 0;
    free(sum_set(elbow_measure_row(ELBOW_MEASURE_DEVIANCE), 1));
    ck_assert(MICROBATCHES > 1);
    ck_assert_uint_eq(searches, VALUES);
    clear_set();
}
END_TEST

UNIT_MAIN("conformance/measure", figures_are_the_known_ones, lists_tell_what_is_given,
          what_is_not_asked_for_takes_no_room, bits_do_not_depend_on_the_split, a_short_microbatch_is_its_rows,
          figures_are_means_of_the_rows, not_a_number_goes_through, outputs_of_means_are_sought_once)
