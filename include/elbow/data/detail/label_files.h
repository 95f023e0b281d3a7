// SPDX-License-Identifier: BSD-3-Clause
// Labels of one or several files, one after another, with a common list of names. One file is open at a time.
#ifndef ELBOW_DATA_DETAIL_LABEL_FILES_H
#define ELBOW_DATA_DETAIL_LABEL_FILES_H

#include "elbow/data/detail/label_source.h"
#include "elbow/data/files.h"

ELBOW_C_BEGIN

// Plain; begins zeroed.
struct elbow_label_files {
    const struct elbow_files *files; // not owned
    const char *key;        // "data.groups", for messages, if these are not labels; set before elbow_label_files_open
    uint64_t count;         // of all labels
    uint64_t *rows, *first; // [files->count] number of labels of each file, and the index of its first one; owned
    struct elbow_label_list names; // of several files, in ascending order of the labels; owned
    bool is_plain;                 // of the files that were closed again
    // The file that was opened last, and the place of each of its names in the common list.
    struct elbow_label_source source;
    bool is_open, borrows; // borrows: source.names is `sorted`
    size_t file;
    size_t *places; // owned
    // Of several files: all names in the order of their bytes. If the files number the names differently, or have
    // texts, the place of a name in this list is its label.
    struct elbow_label_list sorted; // owned
    bool renumbers;
};

// Local. Opens each file, counts its labels and reads its names. Codes are kept if all files give them the same names;
// otherwise, and for texts, names are numbered 0, 1, 2, ... in the order of their bytes. MISMATCH if some files have
// names and others have none; else errors as of elbow_label_source_open. labels->key must be set before. Call
// elbow_label_files_close afterwards, after a failure too.
enum elbow_status elbow_label_files_open(const struct elbow_files *files, struct elbow_label_files *labels,
                                         struct elbow_error *error);

// Local. All names, in ascending order of the labels.
const struct elbow_label_list *elbow_label_files_names(const struct elbow_label_files *labels);

// Local. Whether only -1 marks unknown labels (elbow_label_source_is_plain), in all files that were read.
bool elbow_label_files_are_plain(const struct elbow_label_files *labels);

// Local. Reads labels [first, first + count) of all files: out (count). Errors as of elbow_label_source_read; DATA,
// with the row, also for a label without a name if names are renumbered.
enum elbow_status elbow_label_files_read(struct elbow_label_files *labels, uint64_t first, uint64_t count, int64_t *out,
                                         struct elbow_error *error);

// Local. Closes the file and releases everything; a zeroed struct is legal.
void elbow_label_files_close(struct elbow_label_files *labels);

ELBOW_C_END

#endif
