// SPDX-License-Identifier: BSD-3-Clause
// The arrays that measures see, from a model's codes or from tables in files.
#ifndef ELBOW_EVALUATE_DETAIL_TABLES_H
#define ELBOW_EVALUATE_DETAIL_TABLES_H

#include "elbow/evaluate/codes.h"
#include "elbow/evaluate/measuring.h"

// Arrays are rank zero's; owned.
struct elbow_measure_tables {
    struct elbow_yardstick_input input; // its arrays are those below
    struct elbow_codes codes;
    double *factors;
    int64_t *labels;
    struct elbow_yardstick_kl kl;
    uint64_t samples; // rows that there are
    // Why something is not there, the end of a sentence, where it is another reason than that nobody gave it.
    const char *no_data, *no_told, *no_samples, *no_kl;
};

// Collective. All that the request has. needs: what the measures that are asked for need (enum elbow_yardstick_need).
enum elbow_status elbow_measure_tables_load(const struct elbow_measuring_request *request, unsigned needs,
                                            struct elbow_measure_tables *tables, struct elbow_error *error);

// Local. Splits a place; `file` is that of bare datasets, or NULL. USAGE.
enum elbow_status elbow_measure_place(const char *flag, const char *place, const char *file, elbow_path found_file,
                                      elbow_path found_dataset, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_measure_tables_clear(struct elbow_measure_tables *tables);

#endif
