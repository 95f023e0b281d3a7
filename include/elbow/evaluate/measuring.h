// SPDX-License-Identifier: BSD-3-Clause
// The work of `elbow measure`: arrays from a model or from files, and all figures that can be computed from them.
#ifndef ELBOW_EVALUATE_MEASURING_H
#define ELBOW_EVALUATE_MEASURING_H

#include "elbow/base/language.h"
#include "elbow/data/facts.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/statistics/yardstick.h"

ELBOW_C_BEGIN

enum { ELBOW_MEASURING_ROWS = 10000, ELBOW_MEASURING_NEIGHBOURS = 5 };

// The arrays to measure. Places are FILE:/dataset, or /dataset in the file of the codes; NULL: none. Nothing is owned.
struct elbow_measuring_request {
    struct elbow_comm *comm;
    struct elbow_log *log;
    const char *only;                             // words of measures, separated by commas; NULL: all that are possible
    unsigned left_out;                            // bits (1 << kind) of measures to leave out
    const struct elbow_evaluation_request *model; // NULL: arrays from files only
    const struct elbow_data_facts *facts;         // of the model's training data
    const struct elbow_dataset *training;         // PCA is fitted to it; NULL: to the measured rows
    const char *codes, *data, *labels, *samples;  // without a model
    const char *factors;
    size_t rows, neighbours;
    uint64_t seed;
};

struct elbow_measuring {
    size_t rows, width, classes, factors;
    uint64_t samples; // rows of the dataset, of which `rows` are measured
    bool has_baseline;
    uint64_t baseline_rows; // rows of the training data that PCA is fitted to; 0: it is fitted to the measured rows
    struct elbow_measured_yardstick {
        bool is_told, has_baseline;
        char why_not[ELBOW_MESSAGE_SIZE]; // a sentence, if the measure is missing; empty: it was not requested
        struct elbow_yardstick_figures figures, baseline;
    } told[ELBOW_YARDSTICKS];
};

// Local. Parses `only` into asked: the requested measures; all if it is NULL. USAGE for an unknown word, with the
// nearest known one.
enum elbow_status elbow_measuring_choose(const char *only, bool asked[ELBOW_YARDSTICKS], struct elbow_error *error);

// Collective. Computes the figures on rank zero; the same bits on any number of ranks. A measure that `only` names and
// that cannot be computed is an error: USAGE if an input is missing, DATA if it makes no sense for the data.
enum elbow_status elbow_measure_latents(const struct elbow_measuring_request *request,
                                        struct elbow_measuring *measuring, struct elbow_error *error);

// Local. Previews the files of a request in a child process (elbow/data/preview.h).
void elbow_measuring_preview(const struct elbow_measuring_request *request, char *note);

ELBOW_C_END

#endif
