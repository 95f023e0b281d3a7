// SPDX-License-Identifier: BSD-3-Clause
// Numbers and texts that lie beside the rows of a dataset: each is a dataset of its own, with an entry for every stored
// row, whatever is selected of them. All are opened, checked and read here; labels have more forms, and a file of their
// own (elbow/data/labels.h). No MPI call unless it says so.
#ifndef ELBOW_DATA_COMPANION_H
#define ELBOW_DATA_COMPANION_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/data/files.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/shared.h"

#include <stdint.h>

ELBOW_C_BEGIN

// Where a companion lies, and beside what. Lists are (N), (N, 1) or, as MATLAB stores a vector, (1, N).
struct elbow_companion {
    const char *file, *dataset;      // dataset NULL: there is none
    const struct elbow_files *files; // several, of which those are the first; NULL: those alone
    const char *key;                 // "data.weights", for messages
    const char *rows_name;           // the dataset whose rows it goes with, likewise
    uint64_t rows;                   // so many entries are wanted; 0: any number
    bool is_positive;                // of numbers of all rows: 0 is none of them
};

// What it is called in messages. Rows of several files are counted over all of them.
struct elbow_companion_name {
    char text[2 * ELBOW_PATH_SIZE + 64];
};

// Local.
struct elbow_companion_name elbow_companion_name(const struct elbow_companion *companion);

// Takes entries [first, first + count); another status than OK ends the reading.
typedef enum elbow_status elbow_companion_take(void *user, uint64_t first, size_t count, const double *numbers,
                                               struct elbow_error *error);

// Local. Opens a list of numbers and hands all of it over, in blocks, in order. FILE, FORMAT if it is none; MISMATCH if
// it has another number of entries.
enum elbow_status elbow_companion_read(const struct elbow_companion *companion, elbow_companion_take *take, void *user,
                                       struct elbow_error *error);

// Local. How many entries it has.
enum elbow_status elbow_companion_count(const struct elbow_companion *companion, uint64_t *count,
                                        struct elbow_error *error);

// Local. All entries as whole numbers, into new memory (elbow_release). DATA, with the entry, for one that is none.
enum elbow_status elbow_companion_integers(const struct elbow_companion *companion, int64_t **numbers, uint64_t *count,
                                           struct elbow_error *error);

// Local. Whether its entries are stored as booleans: an enumeration of FALSE and TRUE, in whatever case. One that
// cannot be read is none.
bool elbow_companion_is_boolean(const struct elbow_companion *companion);

// Local. Integers, or texts and categories by number, of all rows: what data.groups may be. DATA for a row that has
// none.
enum elbow_status elbow_companion_groups(const struct elbow_companion *companion, int64_t **groups,
                                         struct elbow_error *error);

// Collective. Numbers of all rows in the memory of each node (rows of double): rank zero reads, and sends. DATA, with
// the row, for one that is negative, or 0 where that is none, or not finite. What was taken before a failure is the
// caller's to give back.
enum elbow_status elbow_companion_share(struct elbow_comm *comm, const struct elbow_companion *companion,
                                        struct elbow_log *log, struct elbow_shared *numbers, struct elbow_error *error);

// Collective. Likewise numbers of any sign, and NaN for rows that have none; DATA for an infinite one.
enum elbow_status elbow_companion_share_numbers(struct elbow_comm *comm, const struct elbow_companion *companion,
                                                struct elbow_log *log, struct elbow_shared *numbers,
                                                struct elbow_error *error);

// Texts, one a row. Owned; zeroed: none.
struct elbow_names {
    uint64_t count;
    uint64_t *starts; // (count) in `texts`
    char *texts;      // zero-terminated, one after the other
};

// Local. Reads the texts of all rows; names NULL: only looks whether there is one for each.
enum elbow_status elbow_names_read(const struct elbow_companion *companion, struct elbow_names *names,
                                   struct elbow_error *error);

// Local.
const char *elbow_names_at(const struct elbow_names *names, uint64_t row);
void elbow_names_clear(struct elbow_names *names);

ELBOW_C_END

#endif
