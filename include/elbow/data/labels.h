// SPDX-License-Identifier: BSD-3-Clause
// Labels: one integer per sample. They are stored as integers or integral floats, as texts, as members of an
// enumeration, or as a categorical group of AnnData (codes and categories; values and mask). Texts, categories and
// enumerations have names, which all tables and files with labels show.
#ifndef ELBOW_DATA_LABELS_H
#define ELBOW_DATA_LABELS_H

#include "elbow/base/language.h"
#include "elbow/data/files.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/shared.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// The label of a sample of unknown class: -1, an empty text, NaN, or a masked value.
enum { ELBOW_LABEL_UNKNOWN = -1, ELBOW_LABEL_NAMES_MAX = 1 << 16 };

// The names of labels. Owned; zeroed: labels are numbers without names.
struct elbow_label_names {
    size_t count;
    int64_t *labels;    // [count] ascending
    const char **names; // [count], in `texts`
    char *texts;        // zero-terminated, one after another
};

// Local. The name of a label, which lives as long as `names`; NULL if it has none. ELBOW_LABEL_UNKNOWN never has one.
const char *elbow_label_name(const struct elbow_label_names *names, int64_t label);

// Local. Releases the names; a zeroed struct is legal.
void elbow_label_names_clear(struct elbow_label_names *names);

struct elbow_files; // elbow/data/files.h

// Local. Names for the numbers of files: "a.h5:/x", or only the path if datasets are joined as channels. MEMORY.
// Release `names` with elbow_label_names_clear.
enum elbow_status elbow_files_names(const struct elbow_files *files, struct elbow_label_names *names,
                                    struct elbow_error *error);

// A request to load labels.
struct elbow_labels_request {
    const struct elbow_files *files; // a dataset or a group in each of them
    const char *samples_name;        // the dataset of the samples, for messages
    uint64_t samples;
    // Files of that dataset; NULL, or a single file: the labels are not compared file by file.
    const struct elbow_files *samples_files;
    const uint64_t *file_rows; // [samples_files->count] rows of each of these files
    bool is_said;              // the labels have been logged, for other rows that they belong to
};

// Collective. Reads labels. Rank zero reads them, and sends a copy to each node (samples of int64_t) and the names to
// each rank. Texts are numbered 0, 1, 2, ... in the order of their bytes; codes and enumerations keep their numbers.
// Several files share one list of names; codes that different files give to different names are renumbered in the order
// of the names' bytes. A log line describes the labels, unless is_said is set, if they have names, or if some are
// unknown. FORMAT if they do not exist, or are not one per sample (the message says how to convert a one-hot matrix);
// MISMATCH if there are too few or too many; DATA, with the row, for a number that is not an integer or does not fit
// into int64_t. Release `labels` with elbow_comm_unshare and `names` with elbow_label_names_clear, after a failure too.
enum elbow_status elbow_labels_load(struct elbow_comm *comm, const struct elbow_labels_request *request,
                                    struct elbow_log *log, struct elbow_shared *labels, struct elbow_label_names *names,
                                    struct elbow_error *error);

// Local. Counts the labels at a place. Errors as of elbow_labels_load.
enum elbow_status elbow_labels_count(const char *file, const char *location, uint64_t *count,
                                     struct elbow_error *error);

// Local. Reads the first and the last labels and the names, as elbow_labels_load does, and reports no errors (see
// elbow/data/preview.h).
void elbow_labels_preview(const char *file, const char *location);

ELBOW_C_END

#endif
