// SPDX-License-Identifier: BSD-3-Clause
// The arrays for measures, from the codes of a model or from files.
#ifndef ELBOW_EVALUATE_DETAIL_TABLES_H
#define ELBOW_EVALUATE_DETAIL_TABLES_H

#include "elbow/evaluate/codes.h"
#include "elbow/evaluate/measuring.h"

// Arrays are owned, and on rank zero only.
struct elbow_measure_tables {
    struct elbow_yardstick_input input; // borrows the arrays below
    struct elbow_codes codes;
    double *factors;
    int64_t *labels;
    struct elbow_yardstick_kl kl;
    uint64_t samples; // rows of the dataset
    // Why an input is missing, as the end of a sentence; NULL: it was not given.
    const char *no_data, *no_reconstructions, *no_samples, *no_kl;
};

// Collective. Loads the inputs of the request. needs: those of the requested measures (enum elbow_yardstick_need).
// USAGE, MISMATCH, DATA, MEMORY, and errors of reading. The caller clears *tables, also after a failure.
enum elbow_status elbow_measure_tables_load(const struct elbow_measuring_request *request, unsigned needs,
                                            struct elbow_measure_tables *tables, struct elbow_error *error);

// Local. Splits a place into file and dataset; `file`: that of bare datasets, or NULL. USAGE, which names `flag`.
enum elbow_status elbow_measure_place(const char *flag, const char *place, const char *file, elbow_path found_file,
                                      elbow_path found_dataset, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_measure_tables_clear(struct elbow_measure_tables *tables);

#endif
