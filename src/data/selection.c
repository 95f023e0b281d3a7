// SPDX-License-Identifier: BSD-3-Clause
// The samples of a dataset. Chosen rows are one bit each, with a count before each block of 512: an eighth of a byte
// per row, in whatever order they were named.
#include "elbow/data/selection.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/math/hash.h"
#include "elbow/math/permutation.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 64, BLOCK_WORDS = 8, BLOCK = WORD * BLOCK_WORDS };

static uint64_t divide_up(uint64_t count, uint64_t size)
{
    return count / size + (count % size != 0);
}

static bool has_bit(const uint64_t *bits, uint64_t at)
{
    return bits[at / WORD] >> at % WORD & 1;
}

static void set_bit(uint64_t *bits, uint64_t at)
{
    bits[at / WORD] |= UINT64_C(1) << at % WORD;
}

static uint64_t count_bits(uint64_t word)
{
    return (uint64_t)__builtin_popcountll(word);
}

struct elbow_selection elbow_selection_all(uint64_t stored)
{
    return (struct elbow_selection){.stored = stored, .rows = stored, .windows = 1, .samples = stored};
}

void elbow_selection_clear(struct elbow_selection *selection)
{
    elbow_release(&selection->bits);
    elbow_release(&selection->before);
    *selection = (struct elbow_selection){0};
}

enum elbow_status elbow_selection_take_range(struct elbow_selection *selection, int64_t low, int64_t high,
                                             const char *name, struct elbow_error *error)
{
    ELBOW_CHECK(selection->bits == NULL && selection->rows == selection->stored && selection->length == 0);
    if (low < 0 || high < low)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: data.rows: [%" PRId64 ", %" PRId64
                               "] is not a range; give its first and its last row, counted from 0",
                               name, low, high);
    if ((uint64_t)high >= selection->stored)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: has %s, but data.rows: [%" PRId64 ", %" PRId64 "] ends at row %" PRId64
                               "; rows count from 0, and both ends are included",
                               name, elbow_text_count(selection->stored, "row").text, low, high, high);
    selection->first = (uint64_t)low;
    selection->rows = selection->samples = (uint64_t)high - (uint64_t)low + 1;
    return ELBOW_OK;
}

// Allocates the bits.
static enum elbow_status make_bits(uint64_t stored, uint64_t **bits, uint64_t **before, struct elbow_error *error)
{
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(*bits, (size_t)divide_up(stored, BLOCK) * BLOCK_WORDS), // whole blocks
        ELBOW_ARRAY(*before, (size_t)divide_up(stored, BLOCK) + 1),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the selection of rows", error);
}

enum elbow_status elbow_selection_begin(struct elbow_selection *selection, struct elbow_error *error)
{
    ELBOW_CHECK(selection->bits == NULL);
    selection->first = selection->rows = selection->samples = 0;
    return make_bits(selection->stored, &selection->bits, &selection->before, error);
}

enum elbow_status elbow_selection_add_numbers(struct elbow_selection *selection, uint64_t first, size_t count,
                                              const int64_t *numbers, const char *name, struct elbow_error *error)
{
    for (size_t i = 0; i < count; ++i) {
        if (numbers[i] < 0 || (uint64_t)numbers[i] >= selection->stored)
            return elbow_error_set(error, ELBOW_DATA,
                                   "%s: entry %" PRIu64 " is %" PRId64 ", but rows are numbered from 0 to %" PRIu64,
                                   name, first + i, numbers[i], selection->stored - 1);
        if (has_bit(selection->bits, (uint64_t)numbers[i]))
            return elbow_error_set(error, ELBOW_DATA,
                                   "%s: entry %" PRIu64 " names row %" PRId64 " a second time; name each row once",
                                   name, first + i, numbers[i]);
        set_bit(selection->bits, (uint64_t)numbers[i]);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_selection_add_mask(struct elbow_selection *selection, uint64_t first, size_t count,
                                           const int64_t *mask, const char *name, struct elbow_error *error)
{
    ELBOW_CHECK(first <= selection->stored && count <= selection->stored - first);
    for (size_t i = 0; i < count; ++i) {
        if (mask[i] != 0 && mask[i] != 1)
            return elbow_error_set(error, ELBOW_DATA,
                                   "%s: entry %" PRIu64 " is %" PRId64 ", but a mask holds 0 and 1 only", name,
                                   first + i, mask[i]);
        if (mask[i] == 1)
            set_bit(selection->bits, first + i);
    }
    return ELBOW_OK;
}

// Sets the counts, once the bits are complete.
static void count(struct elbow_selection *selection)
{
    uint64_t rows = 0, blocks = divide_up(selection->stored, BLOCK);
    for (uint64_t block = 0; block < blocks; ++block) {
        selection->before[block] = rows;
        for (uint64_t word = 0; word < BLOCK_WORDS; ++word)
            rows += count_bits(selection->bits[block * BLOCK_WORDS + word]);
    }
    selection->before[blocks] = rows;
    selection->rows = rows;
    selection->samples = rows * selection->windows;
}

enum elbow_status elbow_selection_end(struct elbow_selection *selection, const char *name, struct elbow_error *error)
{
    count(selection);
    if (selection->rows > 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA, "%s: selects none of %s", name,
                           elbow_text_count(selection->stored, "row").text);
}

// The values of groups among the selected rows, ascending, each once.
struct values {
    size_t count;
    int64_t *values; // owned
};

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static enum elbow_status find_values(const struct elbow_selection *selection, const int64_t *groups,
                                     struct values *found, struct elbow_error *error)
{
    enum elbow_status status =
        elbow_allocate(&found->values, (size_t)selection->rows, sizeof *found->values, "the groups of rows", error);
    if (status != ELBOW_OK)
        return status;
    for (uint64_t row = selection->first, i = 0; i < selection->rows; ++row)
        if (elbow_selection_has(selection, row))
            found->values[i++] = groups[row];
    qsort(found->values, (size_t)selection->rows, sizeof *found->values, compare);
    for (uint64_t i = 0; i < selection->rows; ++i)
        if (i == 0 || found->values[i] != found->values[found->count - 1])
            found->values[found->count++] = found->values[i];
    return ELBOW_OK;
}

static uint64_t unit_of(const struct values *values, int64_t value)
{
    const int64_t *found = bsearch(&value, values->values, values->count, sizeof value, compare);
    ELBOW_CHECK(found != NULL);
    return (uint64_t)(found - values->values);
}

static uint64_t count_held(const struct elbow_holdout *split, uint64_t units)
{
    return (uint64_t)round(split->share * (double)units);
}

// The held-out units, one bit each.
static enum elbow_status draw_units(const struct elbow_holdout *split, uint64_t units, const char *name,
                                    uint64_t **held, struct elbow_error *error)
{
    uint64_t count = count_held(split, units);
    const char *what = split->groups != NULL ? "group" : "row";
    if (count == 0 || count >= units)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: data.valid: %.9g of %s leaves %s; take another share, or more data", name,
                               split->share, elbow_text_count(units, what).text,
                               count == 0 ? "nothing to validate on" : "nothing to train on");
    enum elbow_status status =
        elbow_allocate(held, (size_t)divide_up(units, WORD), sizeof **held, "the split of the rows", error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_permutation permutation =
        elbow_permutation_keyed(units, (struct elbow_stream){.seed = split->seed, .purpose = ELBOW_PURPOSE_SPLIT});
    for (uint64_t i = 0; i < count; ++i)
        set_bit(*held, elbow_permutation_at(&permutation, i));
    return ELBOW_OK;
}

// Replaces the selected rows by those of one side.
static enum elbow_status keep_side(struct elbow_selection *selection, const struct elbow_holdout *split,
                                   const struct values *values, const uint64_t *held, struct elbow_error *error)
{
    uint64_t *bits = NULL, *before = NULL;
    enum elbow_status status = make_bits(selection->stored, &bits, &before, error);
    if (status != ELBOW_OK) {
        elbow_release(&bits);
        return status;
    }
    for (uint64_t row = selection->first, i = 0; i < selection->rows; ++row) {
        if (!elbow_selection_has(selection, row))
            continue;
        uint64_t unit = split->groups != NULL ? unit_of(values, split->groups[row]) : i;
        if (has_bit(held, unit) == split->is_valid)
            set_bit(bits, row);
        ++i;
    }
    elbow_release(&selection->bits);
    elbow_release(&selection->before);
    selection->bits = bits;
    selection->before = before;
    selection->first = 0;
    count(selection);
    return ELBOW_OK;
}

enum elbow_status elbow_selection_split(struct elbow_selection *selection, const struct elbow_holdout *split,
                                        const char *name, struct elbow_error *error)
{
    ELBOW_CHECK(split->share >= 0 && split->share < 1 && selection->length == 0);
    struct values values = {0};
    uint64_t *held = NULL;
    enum elbow_status status = ELBOW_OK;
    if (split->share == 0)
        return ELBOW_OK;
    if (split->groups != NULL)
        status = find_values(selection, split->groups, &values, error);
    uint64_t units = split->groups != NULL ? values.count : selection->rows;
    if (status == ELBOW_OK)
        status = draw_units(split, units, name, &held, error);
    if (status == ELBOW_OK)
        status = keep_side(selection, split, &values, held, error);
    if (status == ELBOW_OK && split->groups != NULL) {
        selection->groups = units;
        selection->held_groups = count_held(split, units);
    }
    elbow_release(&values.values);
    elbow_release(&held);
    return status;
}

enum elbow_status elbow_selection_cut(struct elbow_selection *selection, uint64_t steps, uint64_t length, uint64_t step,
                                      const char *name, struct elbow_error *error)
{
    ELBOW_CHECK(length > 0 && step > 0 && selection->length == 0);
    if (steps < length)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: its series have %s, which is shorter than data.series.length: %" PRIu64, name,
                               elbow_text_count(steps, "point").text, length);
    uint64_t windows = (steps - length) / step + 1, all;
    if (__builtin_mul_overflow(selection->stored, windows, &all) || all > ELBOW_SELECTION_MAX)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: %s of %" PRIu64 " windows each are more than 2^48 samples; take a larger "
                               "data.series.step",
                               name, elbow_text_count(selection->stored, "row").text, windows);
    selection->length = length;
    selection->step = step;
    selection->windows = windows;
    selection->samples = selection->rows * windows;
    return ELBOW_OK;
}

bool elbow_selection_is_identity(const struct elbow_selection *selection)
{
    return selection->length == 0 && selection->rows == selection->stored;
}

bool elbow_selection_has(const struct elbow_selection *selection, uint64_t row)
{
    ELBOW_CHECK(row < selection->stored);
    if (selection->bits == NULL)
        return row >= selection->first && row - selection->first < selection->rows;
    return has_bit(selection->bits, row);
}

uint64_t elbow_selection_before(const struct elbow_selection *selection, uint64_t row)
{
    ELBOW_CHECK(row <= selection->stored);
    if (selection->bits == NULL && row <= selection->first)
        return 0;
    if (selection->bits == NULL)
        return row - selection->first < selection->rows ? row - selection->first : selection->rows;
    uint64_t block = row / BLOCK, rows = selection->before[block];
    for (uint64_t word = block * BLOCK_WORDS; word < row / WORD; ++word)
        rows += count_bits(selection->bits[word]);
    if (row % WORD != 0)
        rows += count_bits(selection->bits[row / WORD] & ((UINT64_C(1) << row % WORD) - 1));
    return rows;
}

// The block of the selected row with this index.
static uint64_t find_block(const struct elbow_selection *selection, uint64_t number)
{
    uint64_t low = 0, high = divide_up(selection->stored, BLOCK);
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (selection->before[middle] <= number)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint64_t elbow_selection_row(const struct elbow_selection *selection, uint64_t sample)
{
    ELBOW_CHECK(sample < selection->samples);
    uint64_t number = sample / selection->windows;
    if (selection->bits == NULL)
        return selection->first + number;
    uint64_t block = find_block(selection, number), left = number - selection->before[block];
    uint64_t at = block * BLOCK_WORDS;
    for (uint64_t here; left >= (here = count_bits(selection->bits[at])); ++at)
        left -= here;
    uint64_t word = selection->bits[at];
    while (left-- > 0)
        word &= word - 1;
    return at * WORD + (uint64_t)__builtin_ctzll(word);
}

uint64_t elbow_selection_start(const struct elbow_selection *selection, uint64_t sample)
{
    return sample % selection->windows * selection->step;
}

uint64_t elbow_selection_id(const struct elbow_selection *selection, uint64_t sample)
{
    return elbow_selection_row(selection, sample) * selection->windows + sample % selection->windows;
}

size_t elbow_selection_words(const struct elbow_selection *selection)
{
    return (size_t)divide_up(selection->stored, BLOCK) * BLOCK_WORDS;
}

uint64_t elbow_selection_bytes(const struct elbow_selection *selection)
{
    if (selection->bits == NULL)
        return 0;
    return elbow_selection_words(selection) * sizeof *selection->bits +
           (divide_up(selection->stored, BLOCK) + 1) * sizeof *selection->before;
}

uint64_t elbow_selection_hash(const struct elbow_selection *selection)
{
    if (elbow_selection_is_identity(selection))
        return 0;
    struct elbow_hash_state state;
    const uint64_t numbers[] = {selection->stored, selection->rows, selection->length, selection->step};
    elbow_hash_begin(&state);
    elbow_hash_add(&state, numbers, sizeof numbers);
    for (uint64_t word = 0; word < divide_up(selection->stored, WORD); ++word) {
        uint64_t bits = 0; // equal for a range and for the same rows as bits
        for (uint64_t row = word * WORD; row < (word + 1) * WORD && row < selection->stored; ++row)
            bits |= (uint64_t)elbow_selection_has(selection, row) << row % WORD;
        elbow_hash_add(&state, &bits, sizeof bits);
    }
    return elbow_hash_end(&state);
}
