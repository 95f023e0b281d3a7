// SPDX-License-Identifier: BSD-3-Clause
// What `elbow measure` does: tables from a model or from files, and all figures that can be told of them.
#ifndef ELBOW_EVALUATE_MEASURING_H
#define ELBOW_EVALUATE_MEASURING_H

#include "elbow/base/language.h"
#include "elbow/data/facts.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/statistics/yardstick.h"

ELBOW_C_BEGIN

enum { ELBOW_MEASURING_ROWS = 10000, ELBOW_MEASURING_NEIGHBOURS = 5 };

// What is measured. Places are FILE:/dataset, of tables /dataset of the codes' file; NULL: none.
struct elbow_measuring_request {
    struct elbow_comm *comm;
    struct elbow_log *log;
    const char *only;                             // words of measures with commas; NULL: all that can be told
    unsigned left_out;                            // bits of measures (1 << kind) that nobody asks for
    const struct elbow_evaluation_request *model; // NULL: the tables alone
    const struct elbow_data_facts *facts;         // of its training data
    const struct elbow_dataset *training;         // what PCA is fitted to; NULL: the rows that are measured
    const char *codes, *data, *labels, *samples;  // without a model
    const char *factors;
    size_t rows, neighbours;
    uint64_t seed;
};

struct elbow_measuring {
    size_t rows, width, classes, factors;
    uint64_t samples; // rows that there are
    bool has_baseline;
    uint64_t baseline_rows; // of the training data, that PCA is fitted to; 0: it is those that are measured
    struct elbow_measured_yardstick {
        bool is_told, has_baseline;
        char why_not[ELBOW_MESSAGE_SIZE]; // a sentence, where it is not told; empty: nobody asked
        struct elbow_yardstick_figures figures, baseline;
    } told[ELBOW_YARDSTICKS];
};

// Local. Which measures `only` asks for, into asked; all if it is NULL. USAGE for an unknown word, with the nearest.
enum elbow_status elbow_measuring_choose(const char *only, bool asked[ELBOW_YARDSTICKS], struct elbow_error *error);

// Collective. The figures, on rank zero; the same on any number of ranks. A measure that `only` asks for and that
// cannot be told is an error: USAGE where something was not given, DATA where it makes no sense.
enum elbow_status elbow_measure_latents(const struct elbow_measuring_request *request,
                                        struct elbow_measuring *measuring, struct elbow_error *error);

// Local. Looks at the files of a request, in a child process (elbow/data/preview.h).
void elbow_measuring_preview(const struct elbow_measuring_request *request, char *note);

ELBOW_C_END

#endif
