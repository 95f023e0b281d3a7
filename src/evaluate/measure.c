// SPDX-License-Identifier: BSD-3-Clause
// The table of measures.
#include "elbow/evaluate/detail/measure.h"

#include "elbow/base/status.h"

#define ROW(name, word, ...) [name] = &elbow_measure_##word,
static const struct elbow_measure *const rows[] = {ELBOW_MEASURE_LIST(ROW)};

const struct elbow_measure *elbow_measure_row(enum elbow_measure_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_MEASURES);
    return rows[kind];
}

size_t elbow_measures_width(const struct elbow_measure_plan *plan)
{
    size_t width = 0;
    for (size_t m = 0; m < ELBOW_MEASURES; ++m)
        width += rows[m]->width(plan);
    return width;
}

void elbow_measures_microbatch(const struct elbow_measured *measured, double *sums)
{
    for (size_t m = 0; m < ELBOW_MEASURES; ++m) {
        size_t width = rows[m]->width(measured->plan);
        if (width > 0)
            rows[m]->microbatch(measured, sums);
        sums += width;
    }
}

enum elbow_status elbow_measures_conclude(const struct elbow_measure_plan *plan, double samples, const double *sums,
                                          struct elbow_evaluation *evaluation, struct elbow_error *error)
{
    for (size_t m = 0; m < ELBOW_MEASURES; ++m) {
        size_t width = rows[m]->width(plan);
        enum elbow_status status = width > 0 ? rows[m]->conclude(plan, samples, sums, evaluation, error) : ELBOW_OK;
        if (status != ELBOW_OK)
            return status;
        sums += width;
    }
    return ELBOW_OK;
}
