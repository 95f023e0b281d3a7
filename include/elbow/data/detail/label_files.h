// SPDX-License-Identifier: BSD-3-Clause
// Labels in one file or several, one after the other, with the names of all of them. One file is open at a time.
#ifndef ELBOW_DATA_DETAIL_LABEL_FILES_H
#define ELBOW_DATA_DETAIL_LABEL_FILES_H

#include "elbow/data/detail/label_source.h"
#include "elbow/data/files.h"

ELBOW_C_BEGIN

// Plain; begins zeroed.
struct elbow_label_files {
    const struct elbow_files *files; // not owned
    const char *key;                 // "data.groups", for messages, where they are no labels; set before the opening
    uint64_t count;                  // of all labels
    uint64_t *rows, *first;          // of each file: how many, and the first one's number; owned
    struct elbow_label_list names;   // of several files, in the order of their labels; owned
    bool is_plain;                   // of the files that are closed again
    // The file that was opened last, and for each of its names the place among those of all.
    struct elbow_label_source source;
    bool is_open, borrows; // borrows: the source's names are `sorted`
    size_t file;
    size_t *places; // owned
    // Of several files: all names in the order of their bytes. Where files give names other numbers, or have texts, a
    // name's place here is its label.
    struct elbow_label_list sorted; // owned
    bool renumbers;
};

// Local. Opens each file, counts its labels and reads its names. Codes stay as they are where all files mean the same
// by them; else, and where labels are texts, names get 0, 1, 2, ... in the order of their bytes. MISMATCH where some
// files have names and others have none; else as elbow_label_source_open. Whatever comes of it, it is closed by the
// function below. Of what comes in, labels->key alone is looked at.
enum elbow_status elbow_label_files_open(const struct elbow_files *files, struct elbow_label_files *labels,
                                         struct elbow_error *error);

// Local. All names, in the order of their labels.
const struct elbow_label_list *elbow_label_files_names(const struct elbow_label_files *labels);

// Local. Whether -1 alone calls labels unknown (elbow_label_source_is_plain), in all that have been read.
bool elbow_label_files_are_plain(const struct elbow_label_files *labels);

// Local. Labels [first, first + count) of all. DATA, with the row, as elbow_label_source_read, and for a label without
// a name where names are renumbered.
enum elbow_status elbow_label_files_read(struct elbow_label_files *labels, uint64_t first, uint64_t count, int64_t *out,
                                         struct elbow_error *error);

// Local.
void elbow_label_files_close(struct elbow_label_files *labels);

ELBOW_C_END

#endif
