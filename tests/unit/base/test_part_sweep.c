// SPDX-License-Identifier: BSD-3-Clause
// Parts that a dead writer has left are removed, and nothing else is.
#include "elbow/base/part.h"
#include "scratch.h"
#include "unit.h"

#include <sys/stat.h>

// Only names that parts have; a browser's half download is somebody's.
static bool is_no_film(const char *name)
{
    return strcmp(name, "film") != 0;
}

START_TEST(what_was_left_half_written_is_removed)
{
    static const char *const names[] = {
        ".elbow-0123456789abcdef-a.h5", ".elbow-ffffffffffffffff-",     "a.h5.part", "part",
        ".elbow-0123456789abcde-a.h5",  ".elbow-0123456789ABCDEF-a.h5", ".elbow-",   ".elbow-0123456789abcdef_a",
        ".elbow-0123456789abcdef-film"};
    struct scratch scratch = scratch_make();
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        scratch_write(scratch_path(&scratch, names[i]), "x", 1);
    ck_assert_int_eq(mkdir(scratch_path(&scratch, ".elbow-0123456789abcdef-directory"), 0777), 0);
    elbow_part_sweep(NULL, scratch.directory, is_no_film);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        ck_assert_msg((access(scratch_path(&scratch, names[i]), F_OK) == 0) == (i >= 2), "%s", names[i]);
    ck_assert(access(scratch_path(&scratch, ".elbow-0123456789abcdef-directory"), F_OK) == 0);
    elbow_part_sweep(NULL, scratch_path(&scratch, "nowhere"), is_no_film);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/part sweep", what_was_left_half_written_is_removed)
