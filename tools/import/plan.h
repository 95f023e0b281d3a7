// SPDX-License-Identifier: BSD-3-Clause
// An import in progress: the work (import.c), and the report (report.c).
#ifndef ELBOW_TOOLS_IMPORT_PLAN_H
#define ELBOW_TOOLS_IMPORT_PLAN_H

#include "import.h"
#include "labels.h"
#include "target.h"

// The new dataset.
struct import_plan {
    const struct import_options *options;
    struct import_source *sources;
    enum elbow_element element;
    uint64_t rows;
    size_t rank; // of a row
    uint64_t shape[IMPORT_RANK_MAX];
    uint64_t row_values, block_rows, chunk_rows;
    struct import_labels labels;
    bool is_image;
    struct import_target target;
    struct import_progress progress;
    bool replaces;                                         // a dataset of that name exists
    double min, max, factor, offset;                       // of the values written
    uint64_t not_finite, not_finite_row, not_finite_value; // their number, and the position of the first
};

// Local. "28 x 28", or "one value".
void import_shape_text(char *text, size_t size, size_t rank, const uint64_t *shape);

// Local. Prints a description of the dataset, and warnings of results that a user may not expect.
void import_report(const struct import_plan *plan);

#endif
