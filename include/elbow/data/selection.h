// SPDX-License-Identifier: BSD-3-Clause
// The samples of a dataset: some of the stored rows, or windows that are cut from them, in file order. Pure integers: a
// selection depends on the configuration and the contents of the files, never on the ranks.
//
//     stored rows 0, 1, ... -> chosen rows (data.rows) -> one side of a split (data.valid: a share) -> windows
//     (data.series) of each remaining row
//
// A window never spans two rows, so every sample is in one stored row. Companions of the rows (labels, weights, names,
// groups) are read for all stored rows, and indexed by elbow_selection_row.
#ifndef ELBOW_DATA_SELECTION_H
#define ELBOW_DATA_SELECTION_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// The largest number of samples with a keyed order (elbow/math/permutation.h).
#define ELBOW_SELECTION_MAX (UINT64_C(1) << 48)

// A selection. Only the functions below change it; zeroed, it selects nothing.
struct elbow_selection {
    uint64_t stored;                // rows of the files
    uint64_t first, rows;           // selected: [first, first + rows), or those in `bits`
    uint64_t length, step, windows; // windows of each row; without series windows is 1 and the others are 0
    uint64_t samples;               // N = rows x windows
    uint64_t groups, held_groups;   // of a split by groups: all groups, and the held-out ones; 0: no such split
    uint64_t *bits;                 // a bit per stored row, owned; NULL: the range, which takes no memory
    uint64_t *before;               // selected rows before each block of 512 rows, owned
};

// Local. Selects all rows.
struct elbow_selection elbow_selection_all(uint64_t stored);

// Local. Releases the selection; a zeroed struct is legal.
void elbow_selection_clear(struct elbow_selection *selection);

// Local. Reduces the selection of all rows to a range, both ends included. DATA, with `name` (the dataset of the rows),
// if the range is empty or exceeds the rows.
enum elbow_status elbow_selection_take_range(struct elbow_selection *selection, int64_t low, int64_t high,
                                             const char *name, struct elbow_error *error);

// Rows that are added one by one: begin, add in any order, end. No other function may be called in between.

// Local. Begins with no rows. MEMORY.
enum elbow_status elbow_selection_begin(struct elbow_selection *selection, struct elbow_error *error);

// Local. Adds rows by number: entries [first, first + count) of a list with this `name`. DATA for a number that is not
// a row, or that was added before.
enum elbow_status elbow_selection_add_numbers(struct elbow_selection *selection, uint64_t first, size_t count,
                                              const int64_t *numbers, const char *name, struct elbow_error *error);

// Local. Adds rows by a mask: entries [first, first + count), each 0 or 1, with one entry per row. DATA for any other
// entry.
enum elbow_status elbow_selection_add_mask(struct elbow_selection *selection, uint64_t first, size_t count,
                                           const int64_t *mask, const char *name, struct elbow_error *error);

// Local. Ends the additions. DATA if there is no row.
enum elbow_status elbow_selection_end(struct elbow_selection *selection, const char *name, struct elbow_error *error);

// One side of a split.
struct elbow_holdout {
    double share;          // of the units, above 0 and below 1; 0: no split
    uint64_t seed;         // data.split_seed
    bool is_valid;         // the held-out side; false: the rest
    const int64_t *groups; // [stored]; all rows with the same value are one unit; NULL: each row is one
};

// Local. Keeps one side of a split. The units are the selected rows in their order, or the values of `groups` among
// them in ascending order. A permutation keyed by `seed` orders them; the first round(share x units) (halves are
// rounded up) are held out. DATA if either side is empty; MEMORY.
enum elbow_status elbow_selection_split(struct elbow_selection *selection, const struct elbow_holdout *split,
                                        const char *name, struct elbow_error *error);

// Local. Cuts rows of `steps` points in time into windows of `length` points, at 0, step, 2 step, ..., as far as they
// fit. DATA if a row is shorter than a window, or if there are too many samples.
enum elbow_status elbow_selection_cut(struct elbow_selection *selection, uint64_t steps, uint64_t length, uint64_t step,
                                      const char *name, struct elbow_error *error);

// Local. Whether the samples are exactly the stored rows.
bool elbow_selection_is_identity(const struct elbow_selection *selection);

// Local. Whether a stored row is selected; and the number of selected rows before `row`, which may be `stored`.
bool elbow_selection_has(const struct elbow_selection *selection, uint64_t row);
uint64_t elbow_selection_before(const struct elbow_selection *selection, uint64_t row);

// Local. Of a sample: its stored row; the start of its window in that row (0 without series); and the number that keys
// all its random numbers: that of its row, or of its window among all windows of all stored rows. This number does not
// depend on the other selected rows.
uint64_t elbow_selection_row(const struct elbow_selection *selection, uint64_t sample);
uint64_t elbow_selection_start(const struct elbow_selection *selection, uint64_t sample);
uint64_t elbow_selection_id(const struct elbow_selection *selection, uint64_t sample);

// Local. The bytes that the selection takes.
uint64_t elbow_selection_bytes(const struct elbow_selection *selection);

// Local. The number of words of `bits`. Bits from another rank are copied between elbow_selection_begin and _end.
size_t elbow_selection_words(const struct elbow_selection *selection);

// Local. A hash of the selection; 0 for the identity.
uint64_t elbow_selection_hash(const struct elbow_selection *selection);

ELBOW_C_END

#endif
