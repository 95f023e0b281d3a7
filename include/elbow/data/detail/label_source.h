// SPDX-License-Identifier: BSD-3-Clause
// How labels are stored in a file, and the reading of them by one rank.
#ifndef ELBOW_DATA_DETAIL_LABEL_SOURCE_H
#define ELBOW_DATA_DETAIL_LABEL_SOURCE_H

#include "elbow/base/text.h"
#include "elbow/data/detail/label_names.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/packing.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// An open place of labels. Plain; begins zeroed.
enum { ELBOW_LABEL_DOUBT_SIZE = 320 };

struct elbow_label_source {
    const char *path, *location; // as they were asked for, for messages; not owned
    const char *key;             // "data.groups", likewise, where they are no labels; NULL: they are
    struct elbow_hdf5 *file;     // owned
    elbow_path values;           // the dataset of numbers or texts
    elbow_path mask, categories; // datasets beside it: nonzero means unknown; the names of codes. Empty: none
    bool are_texts;
    struct elbow_missing missing; // what the attributes of `values` say: those labels are unknown
    struct elbow_hdf5_info info;  // of `values`
    uint64_t count;               // of the labels
    uint64_t category_count;
    uint64_t not_numbers; // NaN, of all that have been read
    struct elbow_label_list names;
    char doubt[ELBOW_LABEL_DOUBT_SIZE]; // what may be meant otherwise, behind the name of the labels; empty: nothing
    int64_t *row;                       // all labels, where one row of the dataset holds them; owned
};

// Local. Opens the file, finds out what the labels are and reads their names. Whatever comes of it, the source is
// closed by the function below.
// Likewise for another key than that of labels, for messages, which must outlive the source; NULL: they are labels.
enum elbow_status elbow_label_source_open_as(const char *key, const char *path, const char *location,
                                             struct elbow_label_source *source, struct elbow_error *error);
enum elbow_status elbow_label_source_open(const char *path, const char *location, struct elbow_label_source *source,
                                          struct elbow_error *error);

// Local. Doubts names that are no UTF-8.
void elbow_label_source_check_names(struct elbow_label_source *source);

// Local. The names of texts are known only when all have been read: to be called before texts are read as labels. Takes
// those of the labels [first, first + count).
enum elbow_status elbow_label_source_collect(struct elbow_label_source *source, uint64_t first, uint64_t count,
                                             struct elbow_error *error);

// Local. Labels [first, first + count) into `labels`.
enum elbow_status elbow_label_source_read(struct elbow_label_source *source, uint64_t first, uint64_t count,
                                          int64_t *labels, struct elbow_error *error);

// Local. Whether -1 is the only way in which it calls labels unknown, as far as they have been read: they are numbers
// without names, mask, NaN and attributes of missing values.
bool elbow_label_source_is_plain(const struct elbow_label_source *source);

// Local. FORMAT: there are ELBOW_LABEL_NAMES_MAX names already.
enum elbow_status elbow_label_source_full(const struct elbow_label_source *source, struct elbow_error *error);

// Local.
void elbow_label_source_close(struct elbow_label_source *source);

ELBOW_C_END

#endif
