// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/parallel/clocks.h"

#include "unit.h"

#include <math.h>

START_TEST(one_clock_stays_as_it_is)
{
    struct elbow_clock_tie first = {.mine = 100, .root = 100}, last = {.mine = 160, .root = 160};
    for (double at = 90; at < 200; at += 0.37)
        ck_assert(fabs(elbow_clock_map(&first, &last, at) - at) < 1e-12 * at); // some roundings of doubles
}
END_TEST

START_TEST(offset_and_drift_are_taken_out)
{
    // Runs 40 parts in a million too fast, and was started 5000 seconds before rank zero's.
    struct elbow_clock_tie first = {.mine = 6000, .root = 1000}, last = {.mine = 6000 + 100 * 1.00004, .root = 1100};
    for (int i = 0; i <= 100; ++i)
        ck_assert(fabs(elbow_clock_map(&first, &last, 6000 + i * 1.00004) - (1000 + i)) < 1e-9); // far below a message
}
END_TEST

START_TEST(ties_close_by_give_no_drift_that_clocks_do_not_have)
{
    // A tenth of a second apart, each wrong by a millisecond the other way.
    struct elbow_clock_tie first = {.mine = 10, .root = 20.001}, last = {.mine = 10.1, .root = 20.099};
    double later = elbow_clock_map(&first, &last, 1010) - elbow_clock_map(&first, &last, 10);
    ck_assert(fabs(later - 1000) <= 1000 * 1.1e-3); // the drift that is allowed, and a little
    struct elbow_clock_tie same = first;
    ck_assert(elbow_clock_map(&first, &same, 11) == 21.001);
}
END_TEST

START_TEST(later_stays_later)
{
    struct elbow_clock_tie first = {.mine = 10, .root = 20}, last = {.mine = 10.001, .root = 15}; // nonsense
    double before = elbow_clock_map(&first, &last, 0);
    for (int i = 1; i < 10000; ++i) {
        double now = elbow_clock_map(&first, &last, i * 1e-7);
        ck_assert(now >= before);
        before = now;
    }
}
END_TEST

UNIT_MAIN("parallel/clocks", one_clock_stays_as_it_is, offset_and_drift_are_taken_out,
          ties_close_by_give_no_drift_that_clocks_do_not_have, later_stays_later)
