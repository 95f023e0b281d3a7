// SPDX-License-Identifier: BSD-3-Clause
#include "scaling/scaling.h"

#include "unit.h"

#include <math.h>
#include <string.h>

// Rounding alone: sums and ratios of a few numbers of order one.
static const double ROUNDING = 1e-12;

static struct scaling_sample sample(enum scaling_mode mode, int ranks, int repeat, uint64_t batch, double step)
{
    return (struct scaling_sample){.mode = mode,
                                   .ranks = ranks,
                                   .nodes = 1,
                                   .threads = 1,
                                   .repeat = repeat,
                                   .batch = batch,
                                   .microbatch = 8,
                                   .microbatches = batch / 8,
                                   .parameters = 1000,
                                   .step = step,
                                   .samples_per_s = (double)batch / step,
                                   .compute = 1,
                                   .cores_busy = 1};
}

static struct scaling_table table_of(struct scaling_sample *list, size_t count)
{
    struct scaling_samples samples = {.count = count, .list = list};
    struct scaling_table table = {0};
    struct elbow_error error = {0};
    ck_assert_int_eq(scaling_table_make(&samples, &table, &error), ELBOW_OK);
    return table;
}

START_TEST(spread_has_median_quartiles_and_extremes)
{
    double values[] = {5, 1, 4, 2, 3};
    struct scaling_spread spread = scaling_spread_of(values, 5);
    ck_assert_double_eq(spread.least, 1);
    ck_assert_double_eq(spread.lower, 2);
    ck_assert_double_eq(spread.median, 3);
    ck_assert_double_eq(spread.upper, 4);
    ck_assert_double_eq(spread.most, 5);
    double two[] = {3, 1};
    ck_assert_double_eq(scaling_spread_of(two, 2).median, 2);
    double one[] = {7};
    ck_assert_double_eq(scaling_spread_of(one, 1).upper, 7);
}
END_TEST

START_TEST(speedup_is_taken_within_a_repeat)
{
    // The machine gets three times slower; two ranks are always 1.6 times as fast as one.
    struct scaling_sample list[] = {
        sample(SCALING_STRONG, 1, 0, 64, 1.0),
        sample(SCALING_STRONG, 1, 1, 64, 3.0),
        sample(SCALING_STRONG, 2, 0, 64, 1.0 / 1.6),
        sample(SCALING_STRONG, 2, 1, 64, 3.0 / 1.6),
    };
    struct scaling_table table = table_of(list, 4);
    ck_assert_uint_eq(table.count, 2);
    ck_assert_int_eq(table.rows[1].repeats, 2);
    ck_assert_double_eq_tol(table.rows[1].speedup.least, 1.6, ROUNDING);
    ck_assert_double_eq_tol(table.rows[1].speedup.most, 1.6, ROUNDING);
    ck_assert_double_eq_tol(table.rows[1].efficiency.median, 0.8, ROUNDING);
    ck_assert_double_eq(table.rows[0].efficiency.median, 1);
    scaling_table_clear(&table);
}
END_TEST

START_TEST(a_repeat_without_base_takes_its_median)
{
    struct scaling_sample list[] = {
        sample(SCALING_STRONG, 2, 0, 64, 2.0),
        sample(SCALING_STRONG, 4, 5, 64, 1.0),
    };
    struct scaling_table table = table_of(list, 2);
    ck_assert_double_eq_tol(table.rows[1].speedup.median, 2, ROUNDING);
    ck_assert_double_eq_tol(table.rows[1].efficiency.median, 1, ROUNDING); // twice the ranks of the base
    scaling_table_clear(&table);
}
END_TEST

START_TEST(a_row_is_as_crowded_as_its_worst_repeat)
{
    struct scaling_sample list[] = {
        sample(SCALING_STRONG, 1, 0, 64, 1.0),
        sample(SCALING_STRONG, 1, 1, 64, 1.0),
        sample(SCALING_STRONG, 2, 0, 64, 0.5),
        sample(SCALING_STRONG, 2, 1, 64, 0.5),
    };
    for (size_t i = 0; i < 4; ++i) {
        list[i].threads = 2;
        list[i].cores_busy = 1.9;
    }
    list[3].cores_busy = 1.75;
    struct scaling_table table = table_of(list, 4);
    ck_assert_double_eq_tol(table.rows[0].cores_busy, 0.95, ROUNDING);
    ck_assert(!scaling_row_is_crowded(&table.rows[0]));
    ck_assert_double_eq_tol(table.rows[1].cores_busy, 0.875, ROUNDING);
    ck_assert(scaling_row_is_crowded(&table.rows[1]));
    scaling_table_clear(&table);
    for (size_t i = 0; i < 4; ++i)
        list[i].kind = SCALING_SIMULATED; // which measures none
    table = table_of(list, 4);
    ck_assert(isnan(table.rows[1].cores_busy));
    scaling_table_clear(&table);
}
END_TEST

START_TEST(weak_scaling_counts_samples)
{
    struct scaling_sample list[] = {
        sample(SCALING_WEAK, 1, 0, 64, 1.0),
        sample(SCALING_WEAK, 4, 0, 256, 1.25),
    };
    struct scaling_table table = table_of(list, 2);
    ck_assert_double_eq_tol(table.rows[1].speedup.median, 3.2, ROUNDING);
    ck_assert_double_eq_tol(table.rows[1].efficiency.median, 0.8, ROUNDING);
    scaling_table_clear(&table);
}
END_TEST

START_TEST(kinds_and_modes_have_their_own_base)
{
    struct scaling_sample list[] = {
        sample(SCALING_STRONG, 1, 0, 64, 1.0),
        sample(SCALING_STRONG, 2, 0, 64, 0.5),
        sample(SCALING_WEAK, 2, 0, 64, 9.0),
        sample(SCALING_STRONG, 2, 0, 64, 7.0),
    };
    list[3].kind = SCALING_SIMULATED;
    struct scaling_table table = table_of(list, 4);
    ck_assert_uint_eq(table.count, 4);
    ck_assert_double_eq_tol(table.rows[1].speedup.median, 2, ROUNDING);
    ck_assert_double_eq(table.rows[2].speedup.median, 1);
    ck_assert_double_eq(table.rows[3].speedup.median, 1);
    struct scaling_series series = scaling_series_of(&table, SCALING_MEASURED, SCALING_STRONG);
    ck_assert_uint_eq(series.count, 2);
    ck_assert_ptr_eq(series.rows, table.rows);
    ck_assert_uint_eq(scaling_series_of(&table, SCALING_SIMULATED, SCALING_STRONG).count, 1);
    ck_assert_uint_eq(scaling_series_of(&table, SCALING_PREDICTED, SCALING_STRONG).count, 0);
    scaling_table_clear(&table);
}
END_TEST

START_TEST(other_configurations_are_refused)
{
    struct scaling_sample list[] = {sample(SCALING_STRONG, 1, 0, 64, 1.0), sample(SCALING_STRONG, 2, 0, 64, 0.5)};
    struct scaling_samples samples = {.count = 2, .list = list};
    struct scaling_table table = {0};
    struct elbow_error error = {0};
    list[1].parameters = 1001;
    ck_assert_int_eq(scaling_table_make(&samples, &table, &error), ELBOW_MISMATCH);
    ck_assert_ptr_nonnull(strstr(error.message, "different configurations"));
    list[1] = sample(SCALING_STRONG, 2, 0, 128, 0.5); // strong: the batch must be the same
    ck_assert_int_eq(scaling_table_make(&samples, &table, &error), ELBOW_MISMATCH);
    list[0].mode = list[1].mode = SCALING_WEAK; // weak: the batch of a rank
    scaling_table_clear(&table);
    ck_assert_int_eq(scaling_table_make(&samples, &table, &error), ELBOW_OK);
    scaling_table_clear(&table);
}
END_TEST

static struct scaling_row row(int ranks, double speedup)
{
    return (struct scaling_row){
        .ranks = ranks, .speedup.median = speedup, .efficiency.median = speedup / (double)ranks};
}

START_TEST(knee_is_where_speedup_times_efficiency_is_largest)
{
    // Amdahl with a serial share f: S^2 / R is largest at R = (1 - f) / f, which is 15 here.
    enum { MOST = 64 };
    struct scaling_row rows[MOST];
    for (int r = 1; r <= MOST; ++r)
        rows[r - 1] = row(r, 1 / (1.0 / 16 + 15.0 / 16 / r));
    ck_assert_uint_eq(scaling_knee((struct scaling_series){rows, MOST}), 14);
    ck_assert_uint_eq(scaling_knee((struct scaling_series){rows, 8}), 7); // none within these: the last one
    ck_assert_uint_eq(scaling_knee((struct scaling_series){rows, 1}), 0);
}
END_TEST

START_TEST(losses_add_up_and_name_the_uneven_part)
{
    // 5 microbatches of 1 s on 4 ranks: one rank works 2 s, the others wait 1 s of them; the mean computes 1.25 s.
    struct scaling_row base = {.ranks = 1, .batch = 40, .microbatches = 5, .compute = 1, .step.median = 5};
    struct scaling_row four = {
        .ranks = 4, .batch = 40, .microbatches = 5, .compute = 1.25 / 2, .exchange = 0.75 / 2, .step.median = 2};
    struct scaling_loss loss = scaling_loss_of(&base, &four);
    ck_assert_double_eq_tol(loss.uneven, 0.375, ROUNDING);
    ck_assert_double_eq_tol(loss.compute, 0, ROUNDING);
    ck_assert_double_eq_tol(loss.exchange, 0, ROUNDING);
    ck_assert_double_eq_tol(loss.uneven + loss.compute + loss.exchange + loss.data + loss.rest, 1 - 5.0 / 4 / 2,
                            ROUNDING);
    four.microbatches = base.microbatches = 4; // even: the same waiting is the exchange's
    loss = scaling_loss_of(&base, &four);
    ck_assert_double_eq_tol(loss.uneven, 0, ROUNDING);
    ck_assert_double_eq_tol(loss.exchange, 0.375, ROUNDING);
}
END_TEST

UNIT_MAIN("tools/scaling/series", spread_has_median_quartiles_and_extremes, speedup_is_taken_within_a_repeat,
          a_repeat_without_base_takes_its_median, a_row_is_as_crowded_as_its_worst_repeat, weak_scaling_counts_samples,
          kinds_and_modes_have_their_own_base, other_configurations_are_refused,
          knee_is_where_speedup_times_efficiency_is_largest, losses_add_up_and_name_the_uneven_part)
