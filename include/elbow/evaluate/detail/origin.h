// SPDX-License-Identifier: BSD-3-Clause
// Where the samples of an output are from: columns with the names of their rows, and with rows and positions in the
// file, where those are not the numbers of the output's rows.
#ifndef ELBOW_EVALUATE_DETAIL_ORIGIN_H
#define ELBOW_EVALUATE_DETAIL_ORIGIN_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"
#include "elbow/output/sink.h"

ELBOW_C_BEGIN

enum { ELBOW_ORIGIN_COLUMNS = 3 };

// Local. The columns of a dataset's samples, alike on all ranks; how many.
size_t elbow_origin_columns(const struct elbow_dataset *dataset,
                            struct elbow_sink_column columns[ELBOW_ORIGIN_COLUMNS]);

// Local. The values of a sample in these columns, packed; where they end.
char *elbow_origin_pack(const struct elbow_dataset *dataset, uint64_t sample, char *at);

ELBOW_C_END

#endif
