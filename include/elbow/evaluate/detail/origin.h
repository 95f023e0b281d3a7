// SPDX-License-Identifier: BSD-3-Clause
// Where the samples of an output are from: columns with the names of their rows, and with files, rows and positions,
// where those are not the numbers of the output's rows.
#ifndef ELBOW_EVALUATE_DETAIL_ORIGIN_H
#define ELBOW_EVALUATE_DETAIL_ORIGIN_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"
#include "elbow/output/sink.h"

ELBOW_C_BEGIN

enum { ELBOW_ORIGIN_COLUMNS = 4 };

// Plain; begins zeroed.
struct elbow_origin {
    const struct elbow_dataset *dataset; // not owned
    bool has_rows, has_starts;
    struct elbow_label_names files; // of a list, by number; owned
    uint64_t *first;                // [files] the first stored row of each; owned
};

// Local. What a dataset's samples have to say, alike on all ranks. MEMORY; whatever comes of it, it is cleared below.
enum elbow_status elbow_origin_create(const struct elbow_dataset *dataset, struct elbow_origin *origin,
                                      struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_origin_clear(struct elbow_origin *origin);

// Local. The columns, which borrow from the origin; how many: none of a zeroed one.
size_t elbow_origin_columns(const struct elbow_origin *origin, struct elbow_sink_column columns[ELBOW_ORIGIN_COLUMNS]);

// Local. The values of a sample in these columns, packed.
void elbow_origin_pack(const struct elbow_origin *origin, uint64_t sample, char *at);

ELBOW_C_END

#endif
