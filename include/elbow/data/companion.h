// SPDX-License-Identifier: BSD-3-Clause
// Companions: datasets of numbers or texts with one entry for each stored row, whatever rows are selected. They are
// opened, checked and read here; labels have more forms, and a file of their own (elbow/data/labels.h). No MPI call in
// functions that are marked `Local.`.
#ifndef ELBOW_DATA_COMPANION_H
#define ELBOW_DATA_COMPANION_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/data/files.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/shared.h"

#include <stdint.h>

ELBOW_C_BEGIN

// Where a companion is stored, and which rows it belongs to. Its dataset is (N), (N, 1) or, as MATLAB stores a vector,
// (1, N).
struct elbow_companion {
    const char *file, *dataset;      // dataset NULL: there is no companion
    const struct elbow_files *files; // several files, of which `file` and `dataset` are the first; NULL: only those
    const char *key;                 // for messages: "data.weights"
    const char *rows_name;           // for messages: the dataset of the rows
    uint64_t rows;                   // required number of entries; 0: any number
    bool is_positive;                // 0 is not allowed, of the numbers of elbow_companion_share
};

// The name of a companion in messages. Rows of several files are counted through all of them.
struct elbow_companion_name {
    char text[2 * ELBOW_PATH_SIZE + 64];
};

// Local. Composes the name.
struct elbow_companion_name elbow_companion_name(const struct elbow_companion *companion);

// Receives entries [first, first + count). The reading stops at a status other than OK.
typedef enum elbow_status elbow_companion_take(void *user, uint64_t first, size_t count, const double *numbers,
                                               struct elbow_error *error);

// Local. Opens a list of numbers and passes all entries to `take`, in blocks, in order. FILE or FORMAT if there is no
// such list; MISMATCH if it has another number of entries than companion->rows.
enum elbow_status elbow_companion_read(const struct elbow_companion *companion, elbow_companion_take *take, void *user,
                                       struct elbow_error *error);

// Local. Counts the entries. Errors as above.
enum elbow_status elbow_companion_count(const struct elbow_companion *companion, uint64_t *count,
                                        struct elbow_error *error);

// Local. Reads all entries as integers into new memory, which the caller releases with elbow_release. DATA, with the
// entry, for a number that is not an integer.
enum elbow_status elbow_companion_integers(const struct elbow_companion *companion, int64_t **numbers, uint64_t *count,
                                           struct elbow_error *error);

// Local. Whether the entries are stored as booleans: an enumeration of FALSE and TRUE, in upper or lower case. False
// for a companion that cannot be read.
bool elbow_companion_is_boolean(const struct elbow_companion *companion);

// Local. Reads the groups of all rows (data.groups) into new memory: integers, or the numbers of texts and categories.
// Release it with elbow_release. DATA for a row without a group.
enum elbow_status elbow_companion_groups(const struct elbow_companion *companion, int64_t **groups,
                                         struct elbow_error *error);

// Collective. Numbers of all rows (rows of double) in the memory of each node: rank zero reads them and sends them.
// DATA, with the row, for a number that is negative or not finite, or 0 if companion->is_positive. Release `numbers`
// with elbow_comm_unshare, after a failure too.
enum elbow_status elbow_companion_share(struct elbow_comm *comm, const struct elbow_companion *companion,
                                        struct elbow_log *log, struct elbow_shared *numbers, struct elbow_error *error);

// Collective. The same for numbers of any sign; NaN means that a row has none. DATA for an infinite one.
enum elbow_status elbow_companion_share_numbers(struct elbow_comm *comm, const struct elbow_companion *companion,
                                                struct elbow_log *log, struct elbow_shared *numbers,
                                                struct elbow_error *error);

// Texts, one per row. Owned; zeroed: none.
struct elbow_names {
    uint64_t count;
    uint64_t *starts; // [count] offsets in `texts`
    char *texts;      // zero-terminated, one after another
};

// Local. Reads the texts of all rows. With names NULL it only checks that there is one text per row.
enum elbow_status elbow_names_read(const struct elbow_companion *companion, struct elbow_names *names,
                                   struct elbow_error *error);

// Local. The text of a row, which lives as long as `names`; and the release. A zeroed struct is legal.
const char *elbow_names_at(const struct elbow_names *names, uint64_t row);
void elbow_names_clear(struct elbow_names *names);

ELBOW_C_END

#endif
