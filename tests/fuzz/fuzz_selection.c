// SPDX-License-Identifier: BSD-3-Clause
// Selections of rows: a range, a list or a mask, one side of a split, windows of series, from numbers of any size. An
// accepted selection must be consistent: every sample lies in a selected row, within it, in the order of the file.
#include "fuzz.h"

#include "elbow/data/selection.h"

enum { LIST_MAX = 64, PROBES = 16 };

// Rows of the file: few, some thousands, or any number that needs no memory.
static uint64_t take_stored(struct fuzz_input *input, bool *is_small)
{
    uint64_t kind = fuzz_take(input, 1);
    *is_small = kind % 4 != 0;
    return 1 + (*is_small ? fuzz_take(input, kind % 2 + 1) : fuzz_take(input, 8) >> 1);
}

static enum elbow_status choose(struct fuzz_input *input, struct elbow_selection *selection, bool is_mask,
                                struct elbow_error *error)
{
    int64_t list[LIST_MAX];
    enum elbow_status status = elbow_selection_begin(selection, error);
    uint64_t left = is_mask ? selection->stored : fuzz_take(input, 1);
    for (uint64_t first = 0; left > 0 && status == ELBOW_OK;) {
        size_t count = left < LIST_MAX ? (size_t)left : LIST_MAX;
        for (size_t i = 0; i < count; ++i)
            list[i] = (int64_t)fuzz_take(input, is_mask ? 1 : 2) - !is_mask;
        status = is_mask ? elbow_selection_add_mask(selection, first, count, list, "mask", error)
                         : elbow_selection_add_numbers(selection, first, count, list, "list", error);
        first += count;
        left -= count;
    }
    return status == ELBOW_OK ? elbow_selection_end(selection, "list", error) : status;
}

static enum elbow_status take_rows(struct fuzz_input *input, struct elbow_selection *selection, bool is_small,
                                   struct elbow_error *error)
{
    uint64_t how = fuzz_take(input, 1) % 4;
    if (how == 0)
        return ELBOW_OK;
    if (how == 1 || !is_small) {
        int64_t low = (int64_t)fuzz_take(input, 8), high = (int64_t)fuzz_take(input, 8);
        return elbow_selection_take_range(selection, low, high, "range", error);
    }
    return choose(input, selection, how == 2, error);
}

static enum elbow_status split(struct fuzz_input *input, struct elbow_selection *selection, struct elbow_error *error)
{
    uint64_t how = fuzz_take(input, 1);
    int64_t *groups = NULL;
    struct elbow_holdout side = {
        .share = (double)fuzz_take(input, 4) / 0x1p32, .seed = fuzz_take(input, 8), .is_valid = how & 1};
    enum elbow_status status = ELBOW_OK;
    if ((how & 2) != 0) {
        status = elbow_allocate(&groups, selection->stored, sizeof *groups, "groups", error);
        for (uint64_t i = 0; status == ELBOW_OK && i < selection->stored; ++i)
            groups[i] = (int64_t)fuzz_take(input, 1) - 3;
        side.groups = groups;
    }
    if (status == ELBOW_OK)
        status = elbow_selection_split(selection, &side, "split", error);
    elbow_release(&groups);
    return status;
}

static void expect_consistent(const struct elbow_selection *selection, uint64_t steps, struct fuzz_input *input)
{
    FUZZ_EXPECT(selection->rows >= 1 && selection->rows <= selection->stored);
    FUZZ_EXPECT(selection->samples == selection->rows * selection->windows);
    FUZZ_EXPECT(elbow_selection_before(selection, selection->stored) == selection->rows);
    uint64_t all = selection->samples, at[PROBES] = {0, all - 1, all / 2};
    for (int i = 3; i < PROBES; ++i)
        at[i] = fuzz_take(input, 8) % all;
    for (int i = 0; i < PROBES; ++i) {
        uint64_t row = elbow_selection_row(selection, at[i]), start = elbow_selection_start(selection, at[i]);
        FUZZ_EXPECT(row < selection->stored && elbow_selection_has(selection, row));
        FUZZ_EXPECT(elbow_selection_before(selection, row) == at[i] / selection->windows);
        FUZZ_EXPECT(start <= steps && selection->length <= steps - start);
        FUZZ_EXPECT(elbow_selection_id(selection, at[i]) < selection->stored * selection->windows);
        FUZZ_EXPECT(at[i] == 0 || elbow_selection_id(selection, at[i] - 1) < elbow_selection_id(selection, at[i]));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct elbow_error error = {0};
    bool is_small;
    struct elbow_selection selection = elbow_selection_all(take_stored(&input, &is_small));
    enum elbow_status status = take_rows(&input, &selection, is_small, &error);
    if (status == ELBOW_OK && is_small)
        status = split(&input, &selection, &error);
    uint64_t width = fuzz_take(&input, 1) % 9, steps = fuzz_take(&input, width), length = fuzz_take(&input, width);
    uint64_t step = fuzz_take(&input, width);
    if (status == ELBOW_OK && length > 0 && step > 0)
        status = elbow_selection_cut(&selection, steps, length, step, "series", &error);
    if (status == ELBOW_OK)
        expect_consistent(&selection, steps, &input);
    if (status == ELBOW_OK && is_small)
        FUZZ_EXPECT((elbow_selection_hash(&selection) == 0) == elbow_selection_is_identity(&selection));
    elbow_selection_clear(&selection);
    fuzz_expect_end(status, &error);
    return 0;
}
