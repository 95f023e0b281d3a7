// SPDX-License-Identifier: BSD-3-Clause
#include "scaling/scaling.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>
#include <string.h>

static struct scaling_row measured(void)
{
    return (struct scaling_row){.kind = SCALING_MEASURED,
                                .mode = SCALING_WEAK,
                                .ranks = 6,
                                .nodes = 3,
                                .threads = 2,
                                .repeats = 4,
                                .batch = 768,
                                .microbatch = 64,
                                .microbatches = 12,
                                .parameters = 1082680,
                                .step = {0.5, 0.625, 0.75, 0.875, 1},
                                .samples_per_s = {.median = 1024},
                                .speedup = {.least = 4, .median = 5, .most = 5.5},
                                .efficiency = {.least = 0.25, .median = 0.5, .most = 0.75},
                                .compute = 0.5,
                                .exchange = 0.25,
                                .data = 0.125,
                                .compute_seconds = 0.375,
                                .update_seconds = 0.0625,
                                .cores_busy = 0.96875};
}

static void add(struct scaling_table *table, struct scaling_row row)
{
    struct elbow_error error = {0};
    struct scaling_row *room = scaling_table_add(table, &error);
    ck_assert_ptr_nonnull(room);
    *room = row;
}

START_TEST(a_table_comes_back)
{
    struct scratch scratch = scratch_make();
    struct scaling_table table = {0}, read = {0};
    struct elbow_error error = {0};
    add(&table, measured());
    const char *path = scratch_path(&scratch, "table.csv");
    ck_assert_int_eq(scaling_table_write(&table, path, true, &error), ELBOW_OK);
    ck_assert_int_eq(scaling_table_read(path, &read, &error), ELBOW_OK);
    ck_assert_uint_eq(read.count, 1);
    // The spread of samples/s is not in the table; all else is, and these numbers are exact in nine digits.
    ck_assert_mem_eq(&read.rows[0], &table.rows[0], sizeof *read.rows);
    scaling_table_clear(&table);
    scaling_table_clear(&read);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(predictions_have_no_spread)
{
    struct scratch scratch = scratch_make();
    struct scaling_table table = {0}, read = {0};
    struct elbow_error error = {0};
    struct scaling_row row = measured();
    row.kind = SCALING_PREDICTED;
    row.repeats = 0;
    row.cores_busy = NAN;
    add(&table, row);
    const char *path = scratch_path(&scratch, "table.csv");
    ck_assert_int_eq(scaling_table_write(&table, path, true, &error), ELBOW_OK);
    ck_assert_int_eq(scaling_table_read(path, &read, &error), ELBOW_OK);
    ck_assert_int_eq(read.rows[0].kind, SCALING_PREDICTED);
    ck_assert_double_eq(read.rows[0].step.median, 0.75);
    ck_assert(isnan(read.rows[0].step.least));
    ck_assert(isnan(read.rows[0].efficiency.most));
    ck_assert(isnan(read.rows[0].cores_busy));
    ck_assert(!scaling_row_is_crowded(&read.rows[0]));
    ck_assert_double_eq(read.rows[0].efficiency.median, 0.5);
    scaling_table_clear(&table);
    scaling_table_clear(&read);
    scratch_clear(&scratch);
}
END_TEST

// A table whose second line was changed: `from` to `to`.
static enum elbow_status read_changed(const char *from, const char *to, char *message, size_t size)
{
    struct scratch scratch = scratch_make();
    struct scaling_table table = {0}, read = {0};
    struct elbow_error error = {0};
    char text[4096] = "", changed[4096];
    add(&table, measured());
    const char *path = scratch_path(&scratch, "table.csv");
    ck_assert_int_eq(scaling_table_write(&table, path, true, &error), ELBOW_OK);
    FILE *file = fopen(path, "r+");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 0);
    char *at = strstr(text, from);
    ck_assert_ptr_nonnull(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    rewind(file);
    ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
    fputs(changed, file);
    fclose(file);
    enum elbow_status status = scaling_table_read(path, &read, &error);
    snprintf(message, size, "%s", error.message);
    scaling_table_clear(&table);
    scaling_table_clear(&read);
    scratch_clear(&scratch);
    return status;
}

START_TEST(damaged_tables_are_refused_with_their_line)
{
    const char *const changes[][2] = {{"measured,", "guessed,"},
                                      {",weak,", ",weaker,"},
                                      {",768,", ",,"},
                                      {",768,", ",many,"},
                                      {",0.75,", ",x,"},
                                      {",0.75,", ",,"},
                                      {",0.96875\n", ",0.96875,1\n"},
                                      {",0.96875\n", "\n"},
                                      {",0.96875\n", ",\n"},
                                      {",768,", ",1e300,"}};
    char message[512];
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i) {
        ck_assert_msg(read_changed(changes[i][0], changes[i][1], message, sizeof message) == ELBOW_FORMAT, "%s to %s",
                      changes[i][0], changes[i][1]);
        ck_assert_ptr_nonnull(strstr(message, "table.csv:2: "));
    }
    ck_assert_int_eq(read_changed("kind,mode", "mode,kind", message, sizeof message), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(message, "table.csv:1: "));
    struct scaling_table read = {0};
    struct elbow_error error = {0};
    ck_assert_int_eq(scaling_table_read("/proc/none/table.csv", &read, &error), ELBOW_FILE);
}
END_TEST

UNIT_MAIN("tools/scaling/table", a_table_comes_back, predictions_have_no_spread,
          damaged_tables_are_refused_with_their_line)
