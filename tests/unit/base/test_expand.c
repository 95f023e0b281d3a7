// SPDX-License-Identifier: BSD-3-Clause
// Paths as a shell would take them.
#include "elbow/base/expand.h"
#include "scratch.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct elbow_error error;

static void expands(const char *path, const char *expected)
{
    elbow_path expanded;
    ck_assert_msg(elbow_path_expand("key", path, expanded, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_str_eq(expanded, expected);
}

START_TEST(test_variables)
{
    setenv("ELBOW_TEST", "/here", 1);
    setenv("ELBOW_TEST_2", "there", 1);
    setenv("HOME", "/home/of/all", 1);
    expands("", "");
    expands("plain/x.h5", "plain/x.h5");
    expands("$ELBOW_TEST/x.h5", "/here/x.h5");
    expands("a${ELBOW_TEST}b$ELBOW_TEST_2.h5", "a/herebthere.h5");
    expands("~", "/home/of/all");
    expands("~/x", "/home/of/all/x");
    expands("a~/x", "a~/x");
    expands("a$/b$1$", "a$/b$1$");
    expands("${ELBOW_TEST", "${ELBOW_TEST");
}
END_TEST

START_TEST(test_refused)
{
    elbow_path expanded;
    char value[ELBOW_PATH_SIZE];
    unsetenv("ELBOW_NONE");
    ck_assert_int_eq(elbow_path_expand("data.file", "x/$ELBOW_NONE/y", expanded, &error), ELBOW_CONFIG);
    ck_assert_str_eq(error.message, "data.file: x/$ELBOW_NONE/y: the environment variable ELBOW_NONE is not set; set "
                                    "it (also in the job), or write the whole path");
    ck_assert_int_eq(elbow_path_expand("data.file", "~nobody-is-called-so/y", expanded, &error), ELBOW_CONFIG);
    memset(value, 'x', sizeof value);
    value[sizeof value - 1] = '\0';
    setenv("ELBOW_TEST", value, 1);
    expands("$ELBOW_TEST", value);
    ck_assert_int_eq(elbow_path_expand("data.file", "$ELBOW_TEST/y", expanded, &error), ELBOW_CONFIG);
    ck_assert_ptr_nonnull(strstr(error.message, "becomes a path of more than 1023 bytes"));
}
END_TEST

static enum elbow_status take(void *user, const char *path, struct elbow_error *ignored)
{
    (void)ignored;
    strcat(strcat(user, strrchr(path, '/')), " ");
    return ELBOW_OK;
}

static bool find(const char *path, char *found)
{
    bool is_pattern;
    found[0] = '\0';
    ck_assert_msg(elbow_path_each("key", path, &is_pattern, take, found, &error) == ELBOW_OK, "%s", error.message);
    return is_pattern;
}

// Matches are in the order of their bytes: capitals first, 10 before 2. The name of an existing file is no pattern.
START_TEST(test_patterns)
{
    static const char *const names[] = {"part-2.h5", "part-10.h5", "Part-3.h5", "part-[1]$x.h5", "\xc3\xa9.h5"};
    struct scratch scratch = scratch_make();
    char found[512];
    elbow_path path;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        FILE *file = fopen(scratch_path(&scratch, names[i]), "w");
        ck_assert_ptr_nonnull(file);
        fclose(file);
    }
    elbow_text_format(path, sizeof path, "%s", scratch_path(&scratch, "*.h5"));
    ck_assert(find(path, found));
    ck_assert_str_eq(found, "/Part-3.h5 /part-10.h5 /part-2.h5 /part-[1]$x.h5 /\xc3\xa9.h5 ");
    elbow_text_format(path, sizeof path, "%s", scratch_path(&scratch, "part-[0-9].h5"));
    ck_assert(find(path, found));
    ck_assert_str_eq(found, "/part-2.h5 ");
    elbow_text_format(path, sizeof path, "%s", scratch_path(&scratch, "part-[1]$x.h5"));
    ck_assert(!find(path, found));
    ck_assert_str_eq(found, "/part-[1]$x.h5 ");
    elbow_text_format(path, sizeof path, "%s", scratch_path(&scratch, "gone.h5"));
    ck_assert(!find(path, found));
    ck_assert_str_eq(found, "/gone.h5 ");
    bool is_pattern;
    elbow_text_format(path, sizeof path, "%s", scratch_path(&scratch, "gone*.h5"));
    ck_assert_int_eq(elbow_path_each("key", path, &is_pattern, take, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "key: no file matches "));
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/expand", test_variables, test_refused, test_patterns)
