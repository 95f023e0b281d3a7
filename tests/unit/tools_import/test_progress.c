// SPDX-License-Identifier: BSD-3-Clause
#include "import/progress.h"

#include "elbow/base/clock.h"

#include "unit.h"

#include <string.h>

static double now;

static double clock_of_the_test(void)
{
    return now;
}

// The output for this progress at this second.
static const char *said(struct import_progress *progress, double second, uint64_t done, uint64_t all)
{
    static char text[256];
    memset(text, 0, sizeof text);
    progress->out = fmemopen(text, sizeof text - 1, "w");
    ck_assert_ptr_nonnull(progress->out);
    now = second;
    import_progress_report(progress, "x.csv", "written", done, all);
    fclose(progress->out);
    return text;
}

START_TEST(a_line_every_ten_seconds)
{
    struct import_progress progress;
    elbow_clock_replace(clock_of_the_test);
    now = -1000;
    import_progress_begin(&progress, stdout);
    ck_assert_str_eq(said(&progress, -995, 1, 10), "");
    ck_assert_str_eq(said(&progress, -990.5, 2, 10), "");
    ck_assert_str_eq(said(&progress, -990, 25, 100), "elbow-import: x.csv: 25 % written, about 30 s to go\n");
    ck_assert_str_eq(said(&progress, -981, 50, 100), "");
    ck_assert_str_eq(said(&progress, -900, 50, 100), "elbow-import: x.csv: 50 % written, about 0:01:40 to go\n");
    ck_assert_str_eq(said(&progress, -880, 1, 0), "elbow-import: x.csv: written, 0:02:00 so far\n");
    ck_assert_str_eq(said(&progress, -870, 0, 7), "elbow-import: x.csv: written, 0:02:10 so far\n");
    elbow_clock_replace(NULL);
}
END_TEST

UNIT_MAIN("tools/import/progress", a_line_every_ten_seconds)
