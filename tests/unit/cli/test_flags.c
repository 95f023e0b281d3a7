// SPDX-License-Identifier: BSD-3-Clause
// Flags: every form of every kind, and every mistake with its sentence.
#include "elbow/cli/command.h"
#include "unit.h"

#include <string.h>

// One flag of each kind, and two plain words.
struct targets {
    const char *first, *second, *data, *resume;
    int64_t count;
    bool best;
    struct elbow_words sets;
};

static enum elbow_status read(struct targets *targets, struct elbow_error *error, int count, const char *const *words)
{
    const struct elbow_flag flags[] = {
        {NULL, 0, ELBOW_FLAG_TEXT, &targets->first, 0},
        {"data", 0, ELBOW_FLAG_TEXT, &targets->data, 0},
        {"resume", 0, ELBOW_FLAG_OPTIONAL_TEXT, &targets->resume, 0},
        {"count", 'n', ELBOW_FLAG_INTEGER, &targets->count, 1},
        {"best", 'b', ELBOW_FLAG_SWITCH, &targets->best, 0},
        {"set", 0, ELBOW_FLAG_LIST, &targets->sets, 0},
        {NULL, 0, ELBOW_FLAG_TEXT, &targets->second, 0},
    };
    char *copies[80];
    for (int i = 0; i < count; ++i)
        copies[i] = strdup(words[i]);
    struct elbow_call call = {.count = count, .words = copies};
    *targets = (struct targets){0};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_flags_read(&call, flags, sizeof flags / sizeof *flags, error);
    // The values are parts of the words; the test compares them before the words go.
    static struct targets kept;
    static char texts[4][64];
    kept = *targets;
    const char **from[] = {&kept.first, &kept.second, &kept.data, &kept.resume};
    for (int i = 0; i < 4; ++i)
        if (*from[i] != NULL) {
            snprintf(texts[i], sizeof texts[i], "%s", *from[i]);
            *from[i] = texts[i];
        }
    for (int i = 0; i < count; ++i)
        free(copies[i]);
    *targets = kept;
    return status;
}

#define READ(...)                                                                                                      \
    read(&targets, &error, (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

#define EXPECT_ERROR(text, ...)                                                                                        \
    do {                                                                                                               \
        ck_assert_int_eq(READ(__VA_ARGS__), ELBOW_USAGE);                                                              \
        ck_assert_str_eq(error.message, text);                                                                         \
    } while (0)

START_TEST(every_form)
{
    struct targets targets;
    struct elbow_error error;
    ck_assert_int_eq(READ("run", "--data", "x.h5:/a", "-n", "7", "--best", "other"), ELBOW_OK);
    ck_assert_str_eq(targets.first, "run");
    ck_assert_str_eq(targets.second, "other");
    ck_assert_str_eq(targets.data, "x.h5:/a");
    ck_assert_int_eq(targets.count, 7);
    ck_assert(targets.best);
    ck_assert_ptr_null(targets.resume);
    ck_assert_int_eq(READ("--count=12", "-b", "--resume", "run", "--data=--odd"), ELBOW_OK);
    ck_assert_int_eq(targets.count, 12);
    ck_assert_str_eq(targets.resume, "");
    ck_assert_str_eq(targets.first, "run"); // an optional value stands behind '=' only
    ck_assert_str_eq(targets.data, "--odd");
    ck_assert_int_eq(READ("--resume=auto", "--data", "a", "--data", "b"), ELBOW_OK);
    ck_assert_str_eq(targets.resume, "auto");
    ck_assert_str_eq(targets.data, "b"); // the last one
    ck_assert_int_eq(READ("--", "--data", "-"), ELBOW_OK);
    ck_assert_str_eq(targets.first, "--data");
    ck_assert_str_eq(targets.second, "-");
}
END_TEST

START_TEST(lists)
{
    struct targets targets;
    struct elbow_error error;
    ck_assert_int_eq(READ("--set", "a=1", "--set=b=2", "--set", "c.d=[x, y]"), ELBOW_OK);
    ck_assert_int_eq(targets.sets.count, 3);
    const char *many[2 * (ELBOW_WORDS_MAX + 1)];
    for (size_t i = 0; i < sizeof many / sizeof *many; ++i)
        many[i] = "--set=a=1";
    ck_assert_int_eq(read(&targets, &error, ELBOW_WORDS_MAX, many), ELBOW_OK);
    ck_assert_int_eq(targets.sets.count, ELBOW_WORDS_MAX);
    ck_assert_int_eq(read(&targets, &error, ELBOW_WORDS_MAX + 1, many), ELBOW_USAGE);
    ck_assert_str_eq(error.message, "--set: given more than 64 times");
}
END_TEST

START_TEST(mistakes)
{
    struct targets targets;
    struct elbow_error error;
    EXPECT_ERROR("--dta: unknown flag; did you mean --data?", "--dta", "x");
    EXPECT_ERROR("--bset: unknown flag; did you mean --best?", "--bset=x");
    EXPECT_ERROR("--importance: unknown flag; there are --data, --resume, --count, --best, --set", "--importance=5");
    EXPECT_ERROR("-x: unknown flag; there are --data, --resume, --count, --best, --set", "-x");
    EXPECT_ERROR("--data: needs a value behind it", "run", "--data");
    EXPECT_ERROR("--data: has an empty value", "--data=");
    EXPECT_ERROR("--data: has an empty value", "--data", "");
    EXPECT_ERROR("--best: takes no value, but 'yes' was given", "--best=yes");
    EXPECT_ERROR("--count: found '0', expected an integer of at least 1", "-n", "0");
    EXPECT_ERROR("--count: found '3x', expected an integer of at least 1", "--count", "3x");
    EXPECT_ERROR("--count: found '99999999999999999999', expected an integer of at least 1", "-n",
                 "99999999999999999999");
    EXPECT_ERROR("'c': one word too many", "a", "b", "c");
    EXPECT_ERROR("word 2 behind the subcommand is empty", "a", "");
}
END_TEST

START_TEST(no_words)
{
    struct targets targets;
    struct elbow_error error;
    ck_assert_int_eq(read(&targets, &error, 0, NULL), ELBOW_OK);
    ck_assert_ptr_null(targets.first);
    ck_assert_int_eq(targets.sets.count, 0);
}
END_TEST

UNIT_MAIN("cli/flags", every_form, lists, mistakes, no_words)
