// SPDX-License-Identifier: BSD-3-Clause
// Sources of sparse rows, of all of them and of selected ones: wherever a read begins and ends, entries and dense rows
// are those of the file.
#include "elbow/base/memory.h"
#include "elbow/data/detail/source.h"
#include "elbow/data/selection.h"
#include "hdf5_files.h"

#include <string.h>

enum { ROWS = 9001, COLUMNS = 7 };

static bool has_entry(uint64_t row, uint64_t column)
{
    return row % 11 != 3 && (row * 5 + column * 3) % 4 == 0;
}

static float value_of(uint64_t row, uint64_t column)
{
    return has_entry(row, column) ? (float)(row * COLUMNS + column + 1) : 0;
}

static void write_matrix(const char *path)
{
    static float values[ROWS * COLUMNS];
    static int32_t columns[ROWS * COLUMNS], starts[ROWS + 1];
    uint64_t entries = 0, pointers = ROWS + 1;
    for (uint64_t i = 0; i < (uint64_t)ROWS * COLUMNS; ++i) {
        uint64_t row = i / COLUMNS, column = COLUMNS - 1 - i % COLUMNS; // from the last column to the first
        if (has_entry(row, column)) {
            values[entries] = value_of(row, column);
            columns[entries++] = (int32_t)column;
        }
        starts[row + 1] = (int32_t)entries;
    }
    struct elbow_hdf5 *file = create_good(path);
    struct elbow_error error = {0};
    const struct elbow_hdf5_layout layout = {.chunk_rows = 1000};
    const int64_t shape[] = {ROWS, COLUMNS};
    elbow_hdf5_create_dataset(file, "/m/data", ELBOW_ELEMENT_FLOAT32, 1, &entries, layout, NULL);
    elbow_hdf5_write_rows(file, "/m/data", ELBOW_ELEMENT_FLOAT32, 0, entries, values, NULL);
    elbow_hdf5_create_dataset(file, "/m/indices", ELBOW_ELEMENT_INT32, 1, &entries, layout, NULL);
    elbow_hdf5_write_rows(file, "/m/indices", ELBOW_ELEMENT_INT32, 0, entries, columns, NULL);
    elbow_hdf5_create_dataset(file, "/m/indptr", ELBOW_ELEMENT_INT32, 1, &pointers, layout, NULL);
    elbow_hdf5_write_rows(file, "/m/indptr", ELBOW_ELEMENT_INT32, 0, pointers, starts, NULL);
    elbow_hdf5_write_text(file, "/m", "encoding-type", "csr_matrix", NULL);
    elbow_hdf5_write_integers(file, "/m", "shape", shape, 2, NULL);
    hdf5_must(elbow_hdf5_close(file, &error), &error);
}

// Rows [first, first + count) of a source, of which row i is row `stored(i)` of the file.
static void check_span(struct elbow_source *source, const struct elbow_selection *selection, uint64_t first,
                       uint64_t count)
{
    struct elbow_error error = {0};
    uint64_t *starts = NULL;
    uint32_t *columns = NULL;
    float *values = NULL, *rows = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(starts, count + 1), ELBOW_ARRAY(columns, count * COLUMNS + 1),
                                         ELBOW_ARRAY(values, count * COLUMNS + 1),
                                         ELBOW_ARRAY(rows, count * COLUMNS + 1)};
    hdf5_must(elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "rows", &error), &error);
    hdf5_must(elbow_source_starts(source, first, count, starts, &error), &error);
    hdf5_must(elbow_source_entries(source, first, count, starts, columns, values, &error), &error);
    hdf5_must(elbow_source_read(source, first, count, rows, &error), &error);
    ck_assert_uint_le(starts[count], source->entries);
    ck_assert(first > 0 || starts[0] == 0);
    ck_assert(first + count < source->info.shape[0] || starts[count] == source->entries);
    for (uint64_t i = 0, entry = 0; i < count; ++i) {
        uint64_t row = elbow_selection_row(selection, first + i);
        for (uint64_t column = 0; column < COLUMNS; ++column) {
            ck_assert(rows[i * COLUMNS + column] == value_of(row, column));
            if (!has_entry(row, column))
                continue;
            ck_assert(columns[entry] == column && values[entry] == value_of(row, column));
            ++entry;
        }
        ck_assert_uint_eq(starts[i + 1] - starts[0], entry);
    }
    elbow_release(&starts);
    elbow_release(&columns);
    elbow_release(&values);
    elbow_release(&rows);
}

static void check_source(const char *path, const struct elbow_selection *selection)
{
    struct elbow_source *source = NULL;
    struct elbow_error error = {0};
    hdf5_must(elbow_source_open_dense(path, "/m", NULL, &source, &error), &error);
    ck_assert(source->is_sparse);
    if (!elbow_selection_is_identity(selection))
        hdf5_must(elbow_source_select(&source, selection, 1, &error), &error);
    ck_assert(source->is_sparse);
    ck_assert_uint_eq(source->info.shape[0], selection->samples);
    uint64_t samples = selection->samples;
    check_span(source, selection, 0, samples);
    check_span(source, selection, samples, 0);
    for (uint64_t first = 0, count = 1; first < samples; first += count, count = count * 3 % 1009 + 1)
        check_span(source, selection, first, samples - first < count ? samples - first : count);
    if (samples > 1)
        ck_assert_uint_eq(elbow_source_locate(source, 1, 5).row, elbow_selection_row(selection, 1));
    elbow_source_close(source);
}

START_TEST(all_rows)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "m.h5");
    write_matrix(path);
    struct elbow_selection all = elbow_selection_all(ROWS);
    check_source(path, &all);
    elbow_selection_clear(&all);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(selected_rows)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "m.h5");
    write_matrix(path);
    const int64_t ranges[][2] = {{0, 0}, {4095, 4096}, {17, 9000}, {3, 3}, {9000, 9000}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; ++i) {
        struct elbow_selection range = elbow_selection_all(ROWS);
        hdf5_must(elbow_selection_take_range(&range, ranges[i][0], ranges[i][1], "m", &error), &error);
        check_source(path, &range);
        elbow_selection_clear(&range);
    }
    const double shares[] = {0.001, 0.1, 0.5};
    for (size_t i = 0; i < 2 * sizeof shares / sizeof *shares; ++i) {
        struct elbow_selection side = elbow_selection_all(ROWS);
        const struct elbow_holdout split = {.share = shares[i / 2], .is_valid = i % 2};
        hdf5_must(elbow_selection_split(&side, &split, "m", &error), &error);
        check_source(path, &side);
        elbow_selection_clear(&side);
    }
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/source sparse", all_rows, selected_rows)
