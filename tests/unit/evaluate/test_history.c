// SPDX-License-Identifier: BSD-3-Clause
// Tables of a run as numbers.
#include "elbow/base/memory.h"
#include "elbow/evaluate/history.h"

#include "unit.h"

#include <math.h>

static const char TABLE[] = "step,epoch,split,elbo,kl\n"
                            "10,1,train,-5.5,2\n"
                            "10,1,valid,-6,\n"
                            "not a row\n"
                            "20,1,train,nan,1e-3\n"
                            "30,2,train,-4,3\n"
                            "40,2,train,-3,4"; // without an end: it is being written

START_TEST(rows_of_a_split)
{
    static const char *const NAMES[] = {"kl", "step", "none"};
    struct elbow_history history;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_history_take(TABLE, "train", NAMES, 3, &history, &error), ELBOW_OK);
    ck_assert(history.rows == 3 && history.columns == 3);
    ck_assert(elbow_history_column(&history, 0)[1] == 1e-3 && elbow_history_column(&history, 1)[2] == 30);
    ck_assert(isnan(elbow_history_column(&history, 2)[0]));
    elbow_history_clear(&history);
    ck_assert_int_eq(elbow_history_take(TABLE, "valid", NULL, 0, &history, &error), ELBOW_OK);
    ck_assert(history.rows == 1 && history.columns == 2);
    ck_assert(elbow_history_column(&history, 0)[0] == -6 && isnan(elbow_history_column(&history, 1)[0]));
    elbow_history_clear(&history);
    ck_assert_int_eq(elbow_history_take("", "valid", NULL, 0, &history, &error), ELBOW_OK);
    ck_assert(history.rows == 0 && history.columns == 0);
    elbow_history_clear(&history);
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_history_take(TABLE, "train", NAMES, 3, &history, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
}
END_TEST

UNIT_MAIN("evaluate/history", rows_of_a_split)
