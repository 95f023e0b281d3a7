// SPDX-License-Identifier: BSD-3-Clause
// Tests every sink of the table: libraries and code that share nothing with it read the written data back
// (sink_readers.h).
#include "sink_readers.h"

#include "elbow/base/memory.h"
#include "scratch_open.h"

#include <sys/stat.h>

static struct scratch scratch;

static struct elbow_sink_plan plan_of(const struct subject *subject, const char *path)
{
    return (struct elbow_sink_plan){.path = path,
                                    .columns = subject->columns,
                                    .column_count = subject->column_count,
                                    .is_gallery = subject->is_gallery,
                                    .black = subject->black,
                                    .white = subject->white,
                                    .rows = ROWS,
                                    .publish = ELBOW_PUBLISH_NEW,
                                    .at_once = 2};
}

// Puts all rows, 1, 2, 3, ... at once.
static enum elbow_status put_rows(const struct subject *subject, struct elbow_sink *sink, struct elbow_error *error)
{
    static char rows[ROWS * ROW_BYTES_MAX];
    enum elbow_status status = ELBOW_OK;
    for (size_t first = 0, count = 1; first < ROWS && status == ELBOW_OK; first += count, ++count) {
        size_t length = 0;
        count = ROWS - first < count ? ROWS - first : count;
        for (size_t i = 0; i < count; ++i)
            length += pack(subject, first + i, rows + length);
        status = elbow_sink_put(sink, first, count, rows, error);
    }
    return status;
}

static enum elbow_status write_all(const struct subject *subject, const struct elbow_sink_plan *plan,
                                   struct elbow_error *error)
{
    struct elbow_sink sink;
    enum elbow_status status = elbow_sink_open(plan, &sink, error);
    if (status != ELBOW_OK)
        return status;
    put_rows(subject, &sink, error);
    return elbow_sink_close(&sink, error);
}

// Calls check for each format, under each of its endings, and each subject that it holds.
static void each(void (*check)(enum elbow_sink_kind kind, const char *name, const struct subject *subject))
{
    for (enum elbow_sink_kind kind = 0; kind < ELBOW_SINKS; ++kind) {
        size_t held = 0;
        ck_assert_msg(READERS[kind] != NULL, "sink %d has no reader", (int)kind);
        for (const char *const *ending = elbow_sink_endings(kind); *ending != NULL; ++ending)
            for (size_t s = 0; s < SUBJECTS_COUNT; ++s) {
                char name[32];
                struct elbow_error error = {0};
                snprintf(name, sizeof name, "out%s", *ending);
                struct elbow_sink_plan plan = plan_of(&SUBJECTS[s], name);
                if (elbow_sink_check(&plan, &error) != ELBOW_OK)
                    continue;
                ++held;
                scratch = scratch_make();
                check(kind, name, &SUBJECTS[s]);
                scratch_clear(&scratch);
            }
        ck_assert_msg(held > 0, "sink %d holds nothing", (int)kind);
    }
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void check_written(enum elbow_sink_kind kind, const char *name, const struct subject *subject)
{
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    const char *path = scratch_path(&scratch, name);
    struct elbow_sink_plan plan = plan_of(subject, path);
    ck_assert_msg(write_all(subject, &plan, &error) == ELBOW_OK, "%s: %s", subject->name, error.message);
    READERS[kind](path, subject);
    ck_assert_int_eq(scratch_parts(&scratch), 0);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(others_read_what_is_written)
{
    each(check_written);
}
END_TEST

// A file that is made in memory, for a run, is the same file.
static void check_pending(enum elbow_sink_kind kind, const char *name, const struct subject *subject)
{
    (void)kind;
    size_t blocks = elbow_memory_count().blocks, size;
    struct elbow_error error = {0};
    struct elbow_sink_plan plan = plan_of(subject, scratch_path(&scratch, name));
    ck_assert_int_eq(write_all(subject, &plan, &error), ELBOW_OK);
    void *bytes = scratch_read(plan.path, &size);
    struct elbow_directory directory = scratch_open(scratch.directory);
    struct elbow_pending pending = {.directory = &directory};
    char path[64];
    snprintf(path, sizeof path, "folder/%s", name);
    plan = plan_of(subject, path);
    plan.pending = &pending;
    ck_assert_msg(write_all(subject, &plan, &error) == ELBOW_OK, "%s: %s", subject->name, error.message);
    ck_assert(size > 0 && scratch_holds(scratch_path(&scratch, path), bytes, size));
    elbow_pending_clear(&pending);
    elbow_directory_close(&directory);
    free(bytes);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(a_run_writes_the_same_bytes)
{
    each(check_pending);
}
END_TEST

static void check_failures(enum elbow_sink_kind kind, const char *name, const struct subject *subject)
{
    (void)kind;
    struct elbow_error error = {0};
    struct elbow_sink sink;
    char missing[64];
    size_t blocks = elbow_memory_count().blocks;
    snprintf(missing, sizeof missing, "missing/%s", name);
    struct elbow_sink_plan plan = plan_of(subject, scratch_path(&scratch, missing));
    ck_assert_msg(write_all(subject, &plan, &error) == ELBOW_OUTPUT, "%s: %s", subject->name, error.message);
    // A file has taken the name: it stays.
    error = (struct elbow_error){0};
    plan = plan_of(subject, scratch_path(&scratch, name));
    scratch_write(plan.path, "mine", 4);
    ck_assert_int_eq(write_all(subject, &plan, &error), ELBOW_FILE);
    ck_assert(scratch_holds(plan.path, "mine", 4));
    unlink(plan.path);
    // The rows could not be made: nothing appears.
    error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_sink_open(&plan, &sink, &error), ELBOW_OK);
    elbow_error_set(&error, ELBOW_NUMBERS, "no rows");
    ck_assert_int_eq(elbow_sink_close(&sink, &error), ELBOW_NUMBERS);
    ck_assert(!exists(plan.path));
    ck_assert_int_eq(scratch_parts(&scratch), 0);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(nothing_is_left_of_what_failed)
{
    each(check_failures);
}
END_TEST

static void check_memory(enum elbow_sink_kind kind, const char *name, const struct subject *subject)
{
    (void)kind;
    size_t blocks = elbow_memory_count().blocks;
    enum elbow_status status = ELBOW_MEMORY;
    for (uint64_t nth = 1; status != ELBOW_OK; ++nth) {
        struct elbow_error error = {0};
        struct elbow_sink_plan plan = plan_of(subject, scratch_path(&scratch, name));
        elbow_memory_fail_at(nth);
        status = write_all(subject, &plan, &error);
        elbow_memory_fail_at(0);
        ck_assert_msg(status == ELBOW_OK ? nth > 1 : status == ELBOW_MEMORY || status == ELBOW_OUTPUT, "%s",
                      error.message);
        ck_assert(exists(plan.path) == (status == ELBOW_OK) && scratch_parts(&scratch) == 0);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
}

// libpng's own sentence is OUTPUT.
START_TEST(a_lack_of_memory_is_told)
{
    each(check_memory);
}
END_TEST

static enum elbow_status check_path(const struct subject *subject, const char *path, struct elbow_error *error)
{
    struct elbow_sink_plan plan = plan_of(subject, path);
    return elbow_sink_check(&plan, error);
}

static enum elbow_status check_format(const struct subject *subject, enum elbow_sink_kind kind,
                                      struct elbow_error *error)
{
    char path[32];
    snprintf(path, sizeof path, "out%s", elbow_sink_endings(kind)[0]);
    return check_path(subject, path, error);
}

// Whoever is refused hears the endings of all formats that hold it; help has them, too.
static void check_sentence(const struct subject *subject, const char *help)
{
    char listed[128] = "";
    struct elbow_error error = {0}, other = {0};
    ck_assert_int_eq(check_path(subject, "out.jpg", &other), ELBOW_USAGE);
    for (enum elbow_sink_kind kind = 0; kind < ELBOW_SINKS; ++kind) {
        const char *ending = elbow_sink_endings(kind)[0];
        bool is_held = check_format(subject, kind, &error) == ELBOW_OK;
        ck_assert((strstr(other.message, ending) != NULL) == is_held);
        snprintf(listed + strlen(listed), sizeof listed - strlen(listed), "%s%s", is_held ? " " : "",
                 is_held ? ending : "");
        for (enum elbow_sink_kind k = 0; !is_held && k < ELBOW_SINKS; ++k) {
            ck_assert_int_eq(check_format(subject, kind, &error), ELBOW_USAGE);
            bool is_named = strstr(strchr(error.message, ':'), elbow_sink_endings(k)[0]) != NULL;
            ck_assert_msg(is_named == (strstr(other.message, elbow_sink_endings(k)[0]) != NULL), "%s", error.message);
        }
    }
    ck_assert(help == NULL || strcmp(help, listed) == 0);
}

START_TEST(sentences_name_the_endings)
{
    struct elbow_error error = {0};
    check_sentence(&SUBJECTS[0], ELBOW_SINK_ENDINGS);
    check_sentence(&SUBJECTS[3], NULL);
    check_sentence(&SUBJECTS[4], ELBOW_SINK_TABLE_ENDINGS);
    ck_assert_int_eq(check_path(&SUBJECTS[0], "out.jpg", &error), ELBOW_USAGE);
    ck_assert_msg(strstr(error.message, "must end in .png, .h5 or .csv") != NULL, "%s", error.message);
    for (int s = 3; s < 5; ++s) { // vectors and a table are no pictures
        ck_assert_int_eq(check_path(&SUBJECTS[s], "out.png", &error), ELBOW_USAGE);
        ck_assert_msg(strstr(error.message, "give a name that ends in .h5 or .csv") != NULL, "%s", error.message);
    }
    struct elbow_sink_plan plan = plan_of(&SUBJECTS[1], "out.png");
    plan.rows = 5000; // 10000 pictures
    ck_assert_int_eq(elbow_sink_check(&plan, &error), ELBOW_OK);
    ++plan.rows;
    ck_assert_int_eq(elbow_sink_check(&plan, &error), ELBOW_USAGE);
    ck_assert_msg(strstr(error.message, "at most 5000 of them, not 5001") != NULL, "%s", error.message);
}
END_TEST

UNIT_MAIN("conformance/sink", others_read_what_is_written, a_run_writes_the_same_bytes, nothing_is_left_of_what_failed,
          a_lack_of_memory_is_told, sentences_name_the_endings)
