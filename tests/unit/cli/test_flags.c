// SPDX-License-Identifier: BSD-3-Clause
// Flags: every form of every kind, and every mistake with its sentence.
#include "elbow/cli/command.h"
#include "unit.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// One flag of each kind, and two plain words.
struct targets {
    const char *first, *second, *data, *resume;
    int64_t count, memory;
    bool best;
    struct elbow_words sets;
};

static const struct elbow_flag FLAGS[] = {
    {.kind = ELBOW_FLAG_TEXT, .value = "FIRST", .offset = offsetof(struct targets, first)},
    {.name = "data", .kind = ELBOW_FLAG_TEXT, .value = "FILE", .offset = offsetof(struct targets, data)},
    {.name = "resume", .kind = ELBOW_FLAG_OPTIONAL_TEXT, .value = "auto", .offset = offsetof(struct targets, resume)},
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .offset = offsetof(struct targets, count),
     .least = 1},
    {.name = "memory",
     .kind = ELBOW_FLAG_BYTES,
     .value = "SIZE",
     .offset = offsetof(struct targets, memory),
     .least = 1024,
     .most = 1 << 30,
     .unit = 1024},
    {.name = "best", .letter = 'b', .kind = ELBOW_FLAG_SWITCH, .offset = offsetof(struct targets, best)},
    {.name = "set", .kind = ELBOW_FLAG_LIST, .value = "KEY=VALUE", .offset = offsetof(struct targets, sets)},
    {.kind = ELBOW_FLAG_TEXT, .value = "SECOND", .offset = offsetof(struct targets, second)},
};
static const struct elbow_command COMMAND = {
    .name = "test", .flags = FLAGS, .flag_count = sizeof FLAGS / sizeof *FLAGS};

static enum elbow_status read(struct targets *targets, struct elbow_error *error, int count, const char *const *words)
{
    char *copies[80];
    for (int i = 0; i < count; ++i)
        copies[i] = strdup(words[i]);
    struct elbow_call call = {.command = &COMMAND, .count = count, .words = copies};
    *targets = (struct targets){0};
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_flags_read(&call, targets, error);
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
    ck_assert_int_eq(READ("-n34", "-b"), ELBOW_OK);
    ck_assert_int_eq(targets.count, 34);
    ck_assert(targets.best);
    ck_assert_int_eq(READ("--resume=auto", "--data", "a", "--data", "b"), ELBOW_OK);
    ck_assert_str_eq(targets.resume, "auto");
    ck_assert_str_eq(targets.data, "b"); // the last one
    ck_assert_int_eq(READ("--", "--data", "-"), ELBOW_OK);
    ck_assert_str_eq(targets.first, "--data");
    ck_assert_str_eq(targets.second, "-");
}
END_TEST

START_TEST(sizes)
{
    static const struct {
        const char *word;
        int64_t bytes;
    } good[] = {{"1", 1024}, {"3", 3072}, {"2kB", 2000}, {"1.5MiB", 3 << 19}, {"1GiB", 1 << 30}, {"4 MB", 4000000}};
    static const char *const bad[] = {"0", "-1", "1000.5", "1kB", "2GB", "MB", "1 MB x", "9223372036854775807"};
    struct targets targets;
    struct elbow_error error;
    for (size_t i = 0; i < sizeof good / sizeof *good; ++i) {
        ck_assert_int_eq(READ("--memory", good[i].word), ELBOW_OK);
        ck_assert_int_eq(targets.memory, good[i].bytes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
        ck_assert_int_eq(READ("--memory", bad[i]), ELBOW_USAGE);
    EXPECT_ERROR("--memory: found '2GB', expected a size such as 500MB or 2GiB, or a number in units of 1024 bytes, "
                 "from 1024 to 1073741824 bytes in total",
                 "--memory", "2GB");
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
    EXPECT_ERROR("--importance: unknown flag; the flags are --data, --resume, --count, --memory, --best, --set",
                 "--importance=5");
    EXPECT_ERROR("-x: unknown flag; the flags are --data, --resume, --count, --memory, --best, --set", "-x");
    EXPECT_ERROR("--data: the value is missing", "run", "--data");
    EXPECT_ERROR("--data: the value is empty", "--data=");
    EXPECT_ERROR("--data: the value is empty", "--data", "");
    EXPECT_ERROR("--best: takes no value, but 'yes' was given", "--best=yes");
    EXPECT_ERROR("--best: takes no value, but 'est' was given", "-best");
    EXPECT_ERROR("--count: found '0', expected an integer of at least 1", "-n", "0");
    EXPECT_ERROR("--count: found '3x', expected an integer of at least 1", "--count", "3x");
    EXPECT_ERROR("--count: found '99999999999999999999', expected an integer of at least 1", "-n",
                 "99999999999999999999");
    EXPECT_ERROR("'c': unexpected argument", "a", "b", "c");
    EXPECT_ERROR("argument 2 of the subcommand is empty", "a", "");
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

// A row that must be there: a plain word, a flag, a list.
START_TEST(required)
{
    static const struct elbow_flag rows[] = {
        {.kind = ELBOW_FLAG_LIST,
         .is_required = true,
         .value = "INPUT",
         .help = "what is read",
         .offset = offsetof(struct targets, sets)},
        {.name = "output",
         .letter = 'o',
         .kind = ELBOW_FLAG_TEXT,
         .is_required = true,
         .value = "FILE",
         .help = "what is written",
         .offset = offsetof(struct targets, first)},
        {.name = "data",
         .kind = ELBOW_FLAG_TEXT,
         .is_required = true,
         .value = "FILE",
         .help = "what is looked at",
         .offset = offsetof(struct targets, data)},
    };
    static const struct {
        int count;
        const char *words[5];
        const char *message;
    } cases[] = {
        {0, {NULL}, "test: INPUT is missing: what is read (see elbow test --help)"},
        {3, {"-o", "a", "--data=b"}, "test: INPUT is missing: what is read (see elbow test --help)"},
        {2, {"a", "--data=b"}, "test: -o FILE is missing: what is written (see elbow test --help)"},
        {3, {"a", "-o", "b"}, "test: --data FILE is missing: what is looked at (see elbow test --help)"},
        {5, {"a", "b", "-o", "c", "--data=d"}, NULL},
    };
    struct elbow_command command = {.name = "test", .flags = rows, .flag_count = sizeof rows / sizeof *rows};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct targets targets = {0};
        struct elbow_error error = {0};
        struct elbow_call call = {
            .command = &command, .count = cases[i].count, .words = (char **)(uintptr_t)cases[i].words};
        enum elbow_status expected = cases[i].message == NULL ? ELBOW_OK : ELBOW_USAGE;
        ck_assert_int_eq(elbow_flags_read(&call, &targets, &error), expected);
        ck_assert_str_eq(error.message, cases[i].message == NULL ? "" : cases[i].message);
    }
}
END_TEST

static const struct elbow_flag *flag_of(const struct elbow_command *command, const char *name)
{
    for (size_t i = 0; i < command->flag_count; ++i)
        if (command->flags[i].name != NULL && strcmp(command->flags[i].name, name) == 0)
            return &command->flags[i];
    return NULL;
}

// A command that writes where its user says has --force, a switch, and no other has.
START_TEST(outputs_have_force)
{
    size_t count, writers = 0;
    const struct elbow_command *const *commands = elbow_commands(&count);
    for (size_t i = 0; i < count; ++i) {
        bool writes = flag_of(commands[i], "output") != NULL || flag_of(commands[i], "trace") != NULL ||
                      flag_of(commands[i], "confusion") != NULL;
        const struct elbow_flag *force = flag_of(commands[i], "force");
        ck_assert_msg((force != NULL) == writes, "%s", commands[i]->name);
        ck_assert(force == NULL || (force->kind == ELBOW_FLAG_SWITCH && strstr(force->help, "replace") != NULL));
        writers += writes;
    }
    ck_assert_uint_ge(writers, 5); // train, eval, encode, sample, reconstruct at the least
}
END_TEST

UNIT_MAIN("cli/flags", outputs_have_force, every_form, sizes, lists, mistakes, no_words, required)
