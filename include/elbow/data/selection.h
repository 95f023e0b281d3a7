// SPDX-License-Identifier: BSD-3-Clause
// Which samples a dataset consists of: some rows of what is stored, or windows that are cut out of them, in the order
// of the file. Pure integers: what is selected depends on the keys and on what the file says, never on the ranks.
//
//     stored rows 0, 1, ... -> rows chosen (data.rows) -> one side of a split (data.valid: a share) -> windows
//     (data.series) of each row that is left
//
// A window never leaves its row, so every sample lies in one stored row. Whatever is stored beside the rows (labels,
// weights, names, groups) is read for all of them, and found by elbow_selection_row.
#ifndef ELBOW_DATA_SELECTION_H
#define ELBOW_DATA_SELECTION_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// More samples than that have no keyed order (elbow/math/permutation.h).
#define ELBOW_SELECTION_MAX (UINT64_C(1) << 48)

// Made and changed by the functions below alone; zeroed it selects nothing.
struct elbow_selection {
    uint64_t stored;                // rows of the file
    uint64_t first, rows;           // selected: [first, first + rows), or those in `bits`
    uint64_t length, step, windows; // of a row; without series windows is 1 and the others are 0
    uint64_t samples;               // N: rows * windows
    uint64_t groups, held_groups;   // of a split by groups: all, and those that are held back; 0: there is none
    uint64_t *bits;                 // a bit a stored row, owned; NULL: the range. A range costs no memory
    uint64_t *before;               // selected rows before each block of 512, owned
};

// Local. All rows.
struct elbow_selection elbow_selection_all(uint64_t stored);

// Local. Gives its memory back; a zeroed struct is legal.
void elbow_selection_clear(struct elbow_selection *selection);

// Local. Of all rows those of a range, both ends included: DATA, with a sentence about `name` (the dataset that is
// selected from), if it is empty or there are fewer rows.
enum elbow_status elbow_selection_take_range(struct elbow_selection *selection, int64_t low, int64_t high,
                                             const char *name, struct elbow_error *error);

// Rows that are chosen one by one: begin, add in any order, end. In between nothing else may be asked.

// Local. Begins with none. MEMORY.
enum elbow_status elbow_selection_begin(struct elbow_selection *selection, struct elbow_error *error);

// Local. Entries [first, first + count) of a list of rows, by number; `name` is the list. DATA for a number that is no
// row, or was added before.
enum elbow_status elbow_selection_add_numbers(struct elbow_selection *selection, uint64_t first, size_t count,
                                              const int64_t *numbers, const char *name, struct elbow_error *error);

// Local. Entries [first, first + count) of a mask, one for each row: 0 or 1. DATA for any other.
enum elbow_status elbow_selection_add_mask(struct elbow_selection *selection, uint64_t first, size_t count,
                                           const int64_t *mask, const char *name, struct elbow_error *error);

// Local. DATA if nothing was added.
enum elbow_status elbow_selection_end(struct elbow_selection *selection, const char *name, struct elbow_error *error);

// One side of a split.
struct elbow_holdout {
    double share;          // of the units, above 0 and below 1; 0: no split
    uint64_t seed;         // data.split_seed
    bool is_valid;         // the side that is held back, else the rest
    const int64_t *groups; // (stored) all rows of a value are one unit; NULL: each row is
};

// Local. Keeps one side. The units are the selected rows in their order, or the values of `groups` among them in
// ascending order; the first round(share * units) of a permutation that `seed` keys (halves go up) are held back. DATA
// if either side would be empty; MEMORY.
enum elbow_status elbow_selection_split(struct elbow_selection *selection, const struct elbow_holdout *split,
                                        const char *name, struct elbow_error *error);

// Local. Cuts rows of `steps` points in time into windows of `length`, at 0, step, 2 step, ... as long as they lie
// within. DATA if a row is shorter than a window, or there are too many samples.
enum elbow_status elbow_selection_cut(struct elbow_selection *selection, uint64_t steps, uint64_t length, uint64_t step,
                                      const char *name, struct elbow_error *error);

// Local. Whether the samples are all stored rows.
bool elbow_selection_is_identity(const struct elbow_selection *selection);

// Local. Whether a stored row is selected; how many selected ones come before it (`row` may be `stored`).
bool elbow_selection_has(const struct elbow_selection *selection, uint64_t row);
uint64_t elbow_selection_before(const struct elbow_selection *selection, uint64_t row);

// Local. Of a sample: its stored row; where in that row its window begins (0 without series); and the number that keys
// all its random numbers: that of its row, or of its window among all windows of all stored rows. It is the same
// whatever else is selected.
uint64_t elbow_selection_row(const struct elbow_selection *selection, uint64_t sample);
uint64_t elbow_selection_start(const struct elbow_selection *selection, uint64_t sample);
uint64_t elbow_selection_id(const struct elbow_selection *selection, uint64_t sample);

// Local. The memory that it takes.
uint64_t elbow_selection_bytes(const struct elbow_selection *selection);

// Local. Words of `bits`. Bits that come from another rank are put between begin and end.
size_t elbow_selection_words(const struct elbow_selection *selection);

// Local. What is selected, as one number; 0 for the identity.
uint64_t elbow_selection_hash(const struct elbow_selection *selection);

ELBOW_C_END

#endif
