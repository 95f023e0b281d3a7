// SPDX-License-Identifier: BSD-3-Clause
// Labels: one integer a sample. They are stored as integers or whole floats, as texts, as members of an enumeration, or
// as a categorical group of AnnData (codes and categories; values and mask). Texts, categories and enumerations have
// names, which every table and file that tells of labels shows.
#ifndef ELBOW_DATA_LABELS_H
#define ELBOW_DATA_LABELS_H

#include "elbow/base/language.h"
#include "elbow/data/files.h"
#include "elbow/parallel/comm.h"
#include "elbow/parallel/shared.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// The label of a sample whose class is not known: -1, an empty text, NaN, a masked value.
enum { ELBOW_LABEL_UNKNOWN = -1, ELBOW_LABEL_NAMES_MAX = 1 << 16 };

// The names of labels, by label. Owned; zeroed: labels are numbers without names.
struct elbow_label_names {
    size_t count;
    int64_t *labels;    // (count) rising
    const char **names; // (count), in `texts`
    char *texts;        // zero-terminated, one after the other
};

// Local. The name of a label, which lasts as long as the names; NULL if it has none (ELBOW_LABEL_UNKNOWN never has).
const char *elbow_label_name(const struct elbow_label_names *names, int64_t label);

// Local. A zeroed struct is legal.
void elbow_label_names_clear(struct elbow_label_names *names);

struct elbow_files; // elbow/data/files.h

// Local. Names of the numbers of files: "a.h5:/x", or the path alone where datasets are joined as channels.
enum elbow_status elbow_files_names(const struct elbow_files *files, struct elbow_label_names *names,
                                    struct elbow_error *error);

// Where labels are stored, and for what.
struct elbow_labels_request {
    const struct elbow_files *files; // in each of them a dataset or a group
    const char *samples_name;        // of the dataset that they belong to, for messages
    uint64_t samples;
    const struct elbow_files *samples_files; // of that dataset; NULL, or one file: not compared file by file
    const uint64_t *file_rows;               // of each of these files, where they are several
};

// Collective. Reads labels: rank zero reads, and sends every node its copy (samples of int64_t) and every rank the
// names. Texts get 0, 1, 2, ... in the order of their bytes; codes and enumerations keep their numbers. Of several
// files, names are those of all: codes that files give to different names become numbers in the order of the names'
// bytes, too. What the labels are is logged if they have names, or if some are unknown. FORMAT if they are missing, or
// if there is not one a sample (a one-hot matrix is told how to cure that); MISMATCH if they are too few or too many;
// DATA, with the row, for a number that is not whole or that int64_t does not hold. What was taken before a failure is
// the caller's to give back.
enum elbow_status elbow_labels_load(struct elbow_comm *comm, const struct elbow_labels_request *request,
                                    struct elbow_log *log, struct elbow_shared *labels, struct elbow_label_names *names,
                                    struct elbow_error *error);

// Local. How many labels are stored at this place; the sentence of elbow_labels_load if they are none.
enum elbow_status elbow_labels_count(const char *file, const char *location, uint64_t *count,
                                     struct elbow_error *error);

// Local. Reads the first labels, the last ones and the names, as elbow_labels_load will, and tells nothing (see
// elbow/data/preview.h).
void elbow_labels_preview(const char *file, const char *location);

ELBOW_C_END

#endif
