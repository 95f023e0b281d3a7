// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/deadline.h"

#include "unit.h"

START_TEST(the_end_of_a_job_is_read)
{
    double left = -1;
    ck_assert(elbow_deadline_job_left("1700000060", 1700000000, &left));
    ck_assert_double_eq(left, 60);
    static const char *const wrong[] = {NULL,
                                        "",
                                        "x",
                                        "-5",
                                        "+1800000000",
                                        "1800000000 ",
                                        "1800000000.5",
                                        "1e10",
                                        "99999999999999999999999",
                                        "1700000000",
                                        "1699999999",
                                        "N/A"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        ck_assert_msg(!elbow_deadline_job_left(wrong[i], 1700000000, &left), "taken: %s", wrong[i]);
    ck_assert_double_eq(left, 60);
}
END_TEST

START_TEST(what_comes_first_counts)
{
    struct elbow_deadline none = elbow_deadline_at(100, 0, 105, NULL);
    ck_assert(!none.is_set && !elbow_deadline_is_near(&none, 1e18));
    struct elbow_deadline limit = elbow_deadline_at(100, 50, 105, &(double){60}); // 150 comes before 165
    ck_assert(limit.is_set && !limit.is_job);
    ck_assert_double_eq(limit.at, 150);
    ck_assert_double_eq(limit.margin, 5);
    struct elbow_deadline job = elbow_deadline_at(100, 5000, 105, &(double){1000});
    ck_assert(job.is_set && job.is_job);
    ck_assert_double_eq(job.at, 1105);
    ck_assert_double_eq(job.margin, 10);
    struct elbow_deadline only_job = elbow_deadline_at(100, 0, 105, &(double){20});
    ck_assert(only_job.is_set && only_job.is_job);
}
END_TEST

// A clock may begin at zero, or below: a past or present time is not a missing value.
START_TEST(any_clock_value_counts)
{
    struct elbow_deadline early = elbow_deadline_at(-3600, 50, -3590, NULL);
    ck_assert(early.is_set && !elbow_deadline_is_near(&early, -3556) && elbow_deadline_is_near(&early, -3554));
    struct elbow_deadline job = elbow_deadline_at(-10, 0, -10, &(double){10}); // ends at zero
    ck_assert(job.is_set && job.is_job && job.at == 0 && job.margin == 1);
    struct elbow_deadline past = elbow_deadline_at(-10, 50, 0, &(double){-5});
    ck_assert(past.is_set && past.is_job && elbow_deadline_is_near(&past, 0));
}
END_TEST

START_TEST(costs_are_kept_free)
{
    struct elbow_deadline deadline = elbow_deadline_at(0, 100, 0, NULL); // a margin of 10
    ck_assert(!elbow_deadline_is_near(&deadline, 89.9));
    ck_assert(elbow_deadline_is_near(&deadline, 90));
    elbow_deadline_note_step(&deadline, 2);
    ck_assert(!elbow_deadline_is_near(&deadline, 87.9));
    ck_assert(elbow_deadline_is_near(&deadline, 88));
    elbow_deadline_note_cost(&deadline, ELBOW_COST_CHECKPOINT, 3);
    elbow_deadline_note_cost(&deadline, ELBOW_COST_CHECKPOINT, 1); // the longest counts
    elbow_deadline_note_cost(&deadline, ELBOW_COST_EVALUATION, 4);
    elbow_deadline_note_cost(&deadline, ELBOW_COST_PICTURES, 5);
    ck_assert(!elbow_deadline_is_near(&deadline, 100 - 10 - 2 - 24 - 0.1));
    ck_assert(elbow_deadline_is_near(&deadline, 100 - 10 - 2 - 24));
}
END_TEST

START_TEST(one_slow_step_is_forgotten)
{
    struct elbow_deadline deadline = elbow_deadline_at(0, 100, 0, NULL);
    elbow_deadline_note_step(&deadline, 50);
    elbow_deadline_note_step(&deadline, 1);
    ck_assert(elbow_deadline_is_near(&deadline, 60)); // not at once
    for (int i = 0; i < 60; ++i)
        elbow_deadline_note_step(&deadline, 1);
    ck_assert_double_eq(deadline.step, 1);
    ck_assert(!elbow_deadline_is_near(&deadline, 60));
}
END_TEST

UNIT_MAIN("run/deadline", the_end_of_a_job_is_read, what_comes_first_counts, any_clock_value_counts,
          costs_are_kept_free, one_slow_step_is_forgotten)
