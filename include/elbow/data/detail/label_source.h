// SPDX-License-Identifier: BSD-3-Clause
// Reads the labels of one file, in all forms of storage. For one rank.
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
    const char *path, *location; // as in the request, for messages; not owned
    const char *key;             // "data.groups", for messages, if these are not labels; else NULL
    struct elbow_hdf5 *file;     // owned
    elbow_path values;           // the dataset of numbers or texts
    elbow_path mask, categories; // companions: nonzero means unknown; the names of codes. Empty: none
    bool are_texts;
    struct elbow_missing missing; // the attributes of `values`: the labels that they mark as missing are unknown
    struct elbow_hdf5_info info;  // of `values`
    uint64_t count;               // of the labels
    uint64_t category_count;
    uint64_t not_numbers; // number of NaN among the labels that were read
    struct elbow_label_list names;
    // A possible misunderstanding, as the end of a message about the labels; empty: none.
    char doubt[ELBOW_LABEL_DOUBT_SIZE];
    int64_t *row; // all labels, if they are one row of the dataset; owned
};

// Local. Opens the file, finds out how the labels are stored, and reads their names. FILE, FORMAT, MEMORY. `key` (NULL:
// these are labels) replaces the key of labels in messages, and must outlive the source. Call elbow_label_source_close
// afterwards, after a failure too.
enum elbow_status elbow_label_source_open_as(const char *key, const char *path, const char *location,
                                             struct elbow_label_source *source, struct elbow_error *error);
enum elbow_status elbow_label_source_open(const char *path, const char *location, struct elbow_label_source *source,
                                          struct elbow_error *error);

// Local. Sets source->doubt if a name is not valid UTF-8.
void elbow_label_source_check_names(struct elbow_label_source *source);

// Local. Collects the names of labels [first, first + count) that are texts. All texts must be collected before any is
// read as a label. FORMAT, MEMORY.
enum elbow_status elbow_label_source_collect(struct elbow_label_source *source, uint64_t first, uint64_t count,
                                             struct elbow_error *error);

// Local. Reads labels [first, first + count): labels (count). FORMAT; DATA, with the row.
enum elbow_status elbow_label_source_read(struct elbow_label_source *source, uint64_t first, uint64_t count,
                                          int64_t *labels, struct elbow_error *error);

// Local. Whether only -1 marks unknown labels, among those that were read: there are no names, no mask, no NaN and no
// attributes of missing values.
bool elbow_label_source_is_plain(const struct elbow_label_source *source);

// Local. FORMAT: there are already ELBOW_LABEL_NAMES_MAX names.
enum elbow_status elbow_label_source_full(const struct elbow_label_source *source, struct elbow_error *error);

// Local. Closes the file and releases everything; a zeroed struct is legal.
void elbow_label_source_close(struct elbow_label_source *source);

ELBOW_C_END

#endif
